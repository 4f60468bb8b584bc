/**
 * Threads of servers are started from a bundle, as the package has them: from the sources each one would load hundreds of
 * files. What they are given is loaded as it is, except that what it imports from the package is in the bundle, too.
 */
import { syncBuiltinESMExports } from "node:module";
import threads, { type WorkerOptions } from "node:worker_threads";
import { onTestFinished } from "vitest";
import { bundledThread } from "./bundled-command.ts";

const sources = new URL("../src/", import.meta.url).href;
const entry = new URL("./bundled-worker.ts", import.meta.url);

let isBundled = true;

class BundledWorker extends threads.Worker {
  constructor(file: string | URL, options?: WorkerOptions) {
    const { href } = new URL(file, "file:");
    const isOurs = isBundled && href.startsWith(sources);
    const name = href.slice(sources.length).replace(/\.ts$/, "");
    super(!isOurs ? file : name === "worker" ? entry : bundledThread(name), options);
  }
}

threads.Worker = BundledWorker;
syncBuiltinESMExports();

/** Until the test ends: for what reaches into the sources. */
export function threadsFromSources(): void {
  isBundled = false;
  onTestFinished(() => {
    isBundled = true;
  });
}
