/** The first that a worker's thread does. */
import { type Libc, loadLibc } from "../sockets/libc.ts";
import { endLoading } from "./loading-threads.ts";
import type { WorkerPorts } from "./worker-messages.ts";

/** Declares the functions of the C library. From here on the main thread can end this one. */
export async function loadThread({ ending, loaded }: Pick<WorkerPorts, "ending" | "loaded">): Promise<Libc> {
  ending.once("message", () => process.exit());
  ending.unref();
  const { libc, reason } = await loadLibc();
  if (!libc) throw new Error(reason);
  endLoading(loaded);
  return libc;
}
