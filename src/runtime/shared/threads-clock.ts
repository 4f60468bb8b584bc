import { type Clock, systemClock } from "../time/clock.ts";

/** The system's clock, with one beginning for all threads: `performance.now()` counts from the start of each. */
export const threadsClock: Clock = {
  ...systemClock,
  now: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + nanoseconds / 1_000_000;
  },
};
