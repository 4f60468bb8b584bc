/** The first that a worker's thread does. */
import { parentPort } from "node:worker_threads";
import { type Libc, loadLibc } from "../sockets/libc.ts";
import type { WorkerAnswer, WorkerPorts } from "./worker-messages.ts";

/** Declares the functions of the C library. From here on the main thread can end this one. */
export async function loadThread({ ending }: Pick<WorkerPorts, "ending">): Promise<Libc> {
  ending.once("message", () => process.exit());
  ending.unref();
  const { libc, reason } = await loadLibc();
  if (!libc) throw new Error(reason);
  const loaded: WorkerAnswer = { kind: "loaded" };
  parentPort?.postMessage(loaded);
  return libc;
}
