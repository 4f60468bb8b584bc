/** A thread of a test: takes and gives back as fast as it can, and reports the highest count that it saw. */
import { parentPort, workerData } from "node:worker_threads";
import { SharedCounters } from "../../../src/runtime/shared/shared-counters.ts";

const counters = new SharedCounters(workerData.memory, workerData.thread);
let [most, held] = [0, 0];
for (let round = 0; round < 20_000; round++) {
  if (round % 3 !== 2 && counters.tryTake(1)) held += 1;
  else if (held > 0) {
    counters.giveBack(1);
    held -= 1;
  }
  most = Math.max(most, counters.taken(1));
}
for (; held > 0; held--) counters.giveBack(1);
parentPort?.postMessage(most);
