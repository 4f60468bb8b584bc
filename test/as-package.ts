/** `node --import`: programs find the bundled package, by its name or as our sources: those take a second to load. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { bundledEntry } from "./bundled-command.ts";

const source = new URL("../src/index.ts", import.meta.url).href;
const bundled = pathToFileURL(bundledEntry).href;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "gatehouse") return next(bundled, context);
    const found = next(specifier, context);
    return found.url === source ? { ...found, url: bundled, format: "module" } : found;
  },
});
