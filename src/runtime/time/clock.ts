/** Time as the runtime sees it; XState's `SimulatedClock` is one, which makes every time-out exact and instant in tests. */
export interface Clock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
  /** Milliseconds, monotonic; only differences mean something. */
  now(): number;
}

export const systemClock: Clock = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
  now: () => performance.now(),
};
