import { Worker } from "node:worker_threads";

/**
 * Starts a thread for one piece of work.
 * @param file without its ending: it is TypeScript in the sources and JavaScript in the package
 * @param beside the URL of the module that it lies beside
 */
export function startThread(file: string, beside: string, workerData: unknown): Worker {
  const entry = new URL(`${file}${beside.endsWith(".ts") ? ".ts" : ".js"}`, beside);
  return new Worker(entry, { workerData, execArgv: ["--disable-warning=ExperimentalWarning"] });
}
