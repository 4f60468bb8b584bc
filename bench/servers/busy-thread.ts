/** How long a thread is busy between two turns of its event loop. Others that have the processor meanwhile do not count. */

/** Keeps the longest time, in milliseconds, in the first element, until whoever reads it writes zero. */
export function watchThread(longest: Float64Array): NodeJS.Timeout {
  let last = busy();
  return setInterval(() => {
    const now = busy();
    longest[0] = Math.max(longest[0] ?? 0, now - last);
    last = now;
  }, 1);
}

function busy(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
