/** Time as the runtime sees it; XState's `SimulatedClock` is one, which makes every time-out exact and instant in tests. */
export interface Clock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
  /** Milliseconds, monotonic; only differences mean something. */
  now(): number;
  /** Unix time in milliseconds, for what has a date: the validity of certificates. The system's where a clock has none. */
  date?(): number;
}

/** The date by a clock. */
export function dateOf(clock: Clock): Date {
  return new Date(clock.date?.() ?? Date.now());
}

export const systemClock: Clock = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
  now: () => performance.now(),
  date: () => Date.now(),
};
