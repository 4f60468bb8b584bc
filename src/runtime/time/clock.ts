/** Time as the runtime sees it; with XState's `SimulatedClock`, every time-out in tests is exact and instant. */
export interface Clock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
  /** Milliseconds, monotonic; only differences are meaningful. */
  now(): number;
  /** Unix time in milliseconds, for dates such as the validity of certificates. The system's when a clock has none. */
  date?(): number;
}

/** Unix time by a clock, in milliseconds. */
export function unixTimeOf(clock: Clock): number {
  return clock.date?.() ?? Date.now();
}

/** The date by a clock. */
export function dateOf(clock: Clock): Date {
  return new Date(unixTimeOf(clock));
}

export const systemClock: Clock = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
  now: () => performance.now(),
  date: () => Date.now(),
};
