/** Drains many connections over a short time, so that their clients do not reconnect as one wave. */
import type { Clock } from "../time/clock.ts";

/** How many are drained at once: a server with few connections ends without delay. */
export const drainedAtOnce = 16;

/**
 * The longest spread, in milliseconds. It is shorter with fewer connections, and never more than a tenth of
 * `drainTimeout`.
 */
export const longestDrainSpread = 1_000;

/** How often the next ones are drained, in milliseconds. */
const step = 10;

/** How many are drained in one turn of the event loop: some ten milliseconds of work. */
export const mostDrainedInATurn = 128;

interface Drained {
  drain(): void;
}

/**
 * Drains a first batch now and the others at one a millisecond, faster where that would take longer than
 * `longestDrainSpread` or a tenth of `drainTimeout`.
 * @returns a function that ends it; connections that have not been drained by then are left alone.
 */
export function spreadDrain(
  connections: Iterable<Drained>,
  { clock, drainTimeout }: { readonly clock: Clock; readonly drainTimeout: number },
): () => void {
  const all = [...connections];
  const spread = Math.min(all.length - drainedAtOnce, longestDrainSpread, drainTimeout / 10);
  const begun = clock.now();
  let drained = 0;
  let timer: unknown;
  const drainDue = (): void => {
    // By elapsed time, not by the number of turns: a busy event loop hardly prolongs the drain.
    const passed = spread <= 0 ? 1 : (clock.now() - begun) / spread;
    const due = Math.min(all.length, Math.ceil(drainedAtOnce + (all.length - drainedAtOnce) * passed));
    // A turn that took long makes more of them due, which must not make the next one longer still.
    const now = Math.min(due, drained + mostDrainedInATurn);
    for (const connection of all.slice(drained, now)) connection.drain();
    drained = now;
    timer = drained < all.length ? clock.setTimeout(drainDue, drained < due ? 0 : step) : undefined;
  };
  drainDue();
  return () => clock.clearTimeout(timer);
}
