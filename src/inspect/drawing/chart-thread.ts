/** A thread that draws charts of other programs, so that a large one delays nothing else, and can be given up. */
import { parentPort } from "node:worker_threads";
import { MissingPackageError } from "../../runtime/optional-package.ts";
import { svg } from "../svg.ts";
import { foreignMachine } from "./foreign-machine.ts";

export type Drawing = { readonly svg: string } | { readonly reason: string };

parentPort?.on("message", async (definition: string) => {
  parentPort?.postMessage(await draw(definition));
});

async function draw(definition: string): Promise<Drawing> {
  try {
    return { svg: await svg(foreignMachine(definition)) };
  } catch (error) {
    if (error instanceof MissingPackageError) return { reason: error.message };
    return { reason: `The chart cannot be drawn: ${error instanceof Error ? error.message : String(error)}` };
  }
}
