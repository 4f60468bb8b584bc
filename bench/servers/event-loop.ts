/** How long the event loop stands still. */
import { setTimeout as pause } from "node:timers/promises";

/** Watched before and after, so that what an action leaves to later turns is seen, too. */
const watchedAround = 50;

/** Milliseconds between two turns of the loop, at the most, around an action. A timer of one millisecond is taken off. */
export async function longestPause(action: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  await pause(watchedAround);
  await action();
  await pause(watchedAround);
  clearInterval(watch);
  return longest;
}
