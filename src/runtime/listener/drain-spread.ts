/** Says goodbye to many connections over a short time, so that their clients do not come back as one wave. */
import type { Clock } from "../time/clock.ts";

/** So many are told at once: a server with few connections ends without delay. */
export const drainHandful = 16;

/** The longest spread, in milliseconds. It is shorter with fewer connections, and never more than a tenth of `drainTimeout`. */
export const longestDrainSpread = 1_000;

/** How often those are told whose turn has come, in milliseconds. */
const step = 10;

interface Drained {
  drain(): void;
}

/**
 * A handful now, the others one in each millisecond, faster where that would take longer than `longestDrainSpread` or
 * a tenth of `drainTimeout`.
 * @returns what ends it; those that have not been told then are not.
 */
export function spreadDrain(
  connections: Iterable<Drained>,
  { clock, drainTimeout }: { readonly clock: Clock; readonly drainTimeout: number },
): () => void {
  const all = [...connections];
  const spread = Math.min(all.length - drainHandful, longestDrainSpread, drainTimeout / 10);
  const begun = clock.now();
  let told = 0;
  let timer: unknown;
  const tell = (): void => {
    // By the time that has passed, not by the number of turns: a busy event loop does not make it longer.
    const passed = spread <= 0 ? 1 : (clock.now() - begun) / spread;
    const due = Math.ceil(drainHandful + (all.length - drainHandful) * passed);
    for (const connection of all.slice(told, due)) connection.drain();
    told = due;
    timer = told < all.length ? clock.setTimeout(tell, step) : undefined;
  };
  tell();
  return () => clock.clearTimeout(timer);
}
