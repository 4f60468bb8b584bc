/** A worker's thread that declares functions of the C library over and over, and for a while after it is told to go on. */
import { workerData } from "node:worker_threads";
import { load } from "koffi";
import { loadThread } from "../../../src/runtime/workers/load-thread.ts";

const { ports, moments }: { ports: Parameters<typeof loadThread>[0]; moments: Int32Array } = workerData;
for (let more = 1_000; more > 0; more -= Atomics.load(moments, 1)) {
  load(null).func("int getpid()");
  Atomics.add(moments, 0, 1);
  Atomics.notify(moments, 0);
}
await loadThread(ports);
setInterval(() => {}, 60_000);
