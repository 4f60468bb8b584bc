/** A worker of the bundle: a module that it loads finds the package there. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { bundledEntry, bundledThread } from "./bundled-command.ts";

const source = new URL("../src/index.ts", import.meta.url).href;
const bundled = pathToFileURL(bundledEntry).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url === source ? { ...found, url: bundled, format: "module" } : found;
  },
});

await import(bundledThread("worker").href);
