/** How long a thread is busy between two turns of its event loop. Time in which other processes run does not count. */

/** Keeps the longest time, in milliseconds, in the first element, until the reader writes zero. */
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
