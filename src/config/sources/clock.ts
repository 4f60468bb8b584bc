/** The clock that a source needs; the runtime's clock and XState's `SimulatedClock` are such clocks. */
export interface SourceClock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
}

export const systemClock: SourceClock = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
};
