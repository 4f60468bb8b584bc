/** Loaded into each thread of the server before its own code: the longest time that the thread is busy between two turns. */
import { workerData } from "node:worker_threads";
import { watchThread } from "./busy-thread.ts";

watchThread(workerData.busy as Float64Array).unref();
