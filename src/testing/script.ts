/** A path as text that can be pasted as a regression test, and runs as one. */
import type { Path } from "./paths.ts";

/**
 * @param model the model's name where the script will be pasted
 * @example await walk(model, [ "a client connects", "the client resets", ]);
 */
export function scriptOf(path: Path, model = "model"): string {
  const lines = path.map((name) => `  ${JSON.stringify(name)},`);
  return [`await walk(${model}, [`, ...lines, "]);"].join("\n");
}
