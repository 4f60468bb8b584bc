/** Waits by a clock: for a time to pass, and for something that may take no longer than a time. */
import type { Clock } from "./clock.ts";

/** Ends early when the signal is aborted. @throws its reason */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clock.clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted) aborted();
  });
}

/** Nothing has come of it in time. */
export class TooLateError extends Error {
  override readonly name = "TooLateError";
  readonly code = "too-late";

  constructor(milliseconds: number) {
    super(`There was no answer within ${milliseconds / 1_000} seconds.`);
  }
}

/** What the work comes to; when its time is over the signal is aborted, and nobody waits for it. @throws TooLateError */
export async function within<Result>(
  clock: Clock,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController();
  const over = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => {
    const error = new TooLateError(milliseconds);
    over.reject(error);
    late.abort(error);
  }, milliseconds);
  try {
    return await Promise.race([work(late.signal), over.promise]);
  } finally {
    clock.clearTimeout(timer);
  }
}
