import { loadLibc } from "../runtime/sockets/libc.ts";

/**
 * Ends the process even when a thread is stuck in a system call, on a disk that does not answer: Node would wait for it
 * forever. A process that has nothing left to do ends earlier, by itself.
 * @param limit milliseconds
 */
export function endWithin(limit: number): void {
  setTimeout(async () => {
    const { libc } = await loadLibc();
    // Without libc this is the only way that waits for nothing; the exit status is lost.
    if (libc) libc.exit(Number(process.exitCode ?? 0));
    else process.kill(process.pid, "SIGKILL");
  }, limit).unref();
}
