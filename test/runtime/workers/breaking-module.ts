/** A file that a worker cannot import, and the main thread can. */
import { isMainThread } from "node:worker_threads";

if (!isMainThread) throw new Error("There is no table here.");

export { protocols } from "./talk-module.ts";
