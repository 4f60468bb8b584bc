/**
 * Threads that load: koffi aborts the process when one is ended while it declares functions of the C library, so their end
 * waits until they have. A thread says so in shared memory, which can be read while the process exits.
 */

/** Milliseconds. */
const longestLoading = 10_000;
const loading = new Set<Int32Array>();

/** @returns where the thread says that it has loaded */
export function beginLoading(): Int32Array {
  const loaded = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  // Node ends every thread where it is when the process exits.
  if (loading.size === 0) process.on("exit", waitForAll);
  loading.add(loaded);
  void whenLoaded(loaded).then(() => {
    loading.delete(loaded);
    if (loading.size === 0) process.off("exit", waitForAll);
  });
  return loaded;
}

/** Called by the thread; or for one that has ended before. */
export function endLoading(loaded: Int32Array): void {
  Atomics.store(loaded, 0, 1);
  Atomics.notify(loaded, 0);
}

/** Resolves when the thread has loaded, or takes too long. */
export async function whenLoaded(loaded: Int32Array): Promise<void> {
  await Atomics.waitAsync(loaded, 0, 0, longestLoading).value;
}

function waitForAll(): void {
  for (const loaded of loading) Atomics.wait(loaded, 0, 0, longestLoading);
}
