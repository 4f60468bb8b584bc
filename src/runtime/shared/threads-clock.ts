import { type Clock, systemClock } from "../time/clock.ts";

/** From this thread's `performance.now()`, which counts from its start, to the system's clock. */
const [seconds, nanoseconds] = process.hrtime();
const offset = seconds * 1_000 + nanoseconds / 1_000_000 - performance.now();

/** The system's clock, with one beginning for all threads. */
export const threadsClock: Clock = { ...systemClock, now: () => performance.now() + offset };
