/** Puts what of the console is no module beside the modules that `tsc` has made. `node scripts/console-assets.ts` */
import { cpSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const [from, to] = ["src", "dist"].map((folder) => fileURLToPath(new URL(`../${folder}/console`, import.meta.url)));
if (from !== undefined && to !== undefined)
  cpSync(from, to, { recursive: true, filter: (file) => extname(file) !== ".ts" });
