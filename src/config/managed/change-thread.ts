/** A thread that changes one document. */
import { parentPort, workerData } from "node:worker_threads";
import { type ChangeWork, changedWithIds } from "./change-aside.ts";

parentPort?.postMessage(changedWithIds(workerData as ChangeWork));
