/** `node --import`: programs of the docs find the source where they name the package. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const entry = /^gatehouse(?:\/(\w+))?$/.exec(specifier);
    if (!entry) return next(specifier, context);
    const file = entry[1] ? `${entry[1]}/index.ts` : "index.ts";
    return next(new URL(`../../src/${file}`, import.meta.url).href, context);
  },
});
