/** `node --import`: programs of the docs find the bundled package where they name it. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { bundledEntry } from "../bundled-command.ts";

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === "gatehouse" ? pathToFileURL(bundledEntry).href : specifier, context),
});
