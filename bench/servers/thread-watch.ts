/** Loaded into each thread of the server before its own code: how long the thread is busy at most between two turns. */
import { workerData } from "node:worker_threads";
import { watchThread } from "./busy-thread.ts";

watchThread(workerData.busy as Float64Array).unref();
