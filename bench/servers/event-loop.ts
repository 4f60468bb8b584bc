/** How long the event loop stands still. */
import { setTimeout as pause } from "node:timers/promises";

/** Watched before and after an action, to include the work that it leaves to later turns. */
const watchedAround = 50;

/** The longest times between two turns of the loop, in milliseconds. */
export interface Pauses {
  /** By the clock, minus the timer's millisecond; includes time in which other processes ran. */
  readonly clock: number;
  /** The time that the thread itself was busy. */
  readonly thread: number;
}

/** Around an action. */
export async function longestPauses(action: () => Promise<unknown>): Promise<Pauses> {
  const longest = { clock: 0, thread: 0 };
  let [clock, thread] = [performance.now(), threadTime()];
  const watch = setInterval(() => {
    const [clockNow, threadNow] = [performance.now(), threadTime()];
    longest.clock = Math.max(longest.clock, clockNow - clock - 1);
    longest.thread = Math.max(longest.thread, threadNow - thread);
    [clock, thread] = [clockNow, threadNow];
  }, 1);
  await pause(watchedAround);
  await action();
  await pause(watchedAround);
  clearInterval(watch);
  return longest;
}

function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
