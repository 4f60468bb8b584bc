import type { Clock } from "../../runtime/time/clock.ts";

/** Calls back again and again. @param milliseconds between two calls. @returns what ends it. */
export function every(clock: Clock, milliseconds: number, callback: () => void): () => void {
  let timer = clock.setTimeout(next, milliseconds);
  function next(): void {
    timer = clock.setTimeout(next, milliseconds);
    callback();
  }
  return () => clock.clearTimeout(timer);
}
