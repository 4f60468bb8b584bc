/**
 * Puts what of the console is no module beside the modules that `tsc` has made: the page, styles, and the charts, drawn, so
 * that who installs the package needs nothing that draws. `node scripts/console-assets.ts`
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { charts } from "../src/inspect/charts.ts";
import { consoleChart } from "../src/management/console/files.ts";

const from = fileURLToPath(new URL("../src/console", import.meta.url));
const to = fileURLToPath(new URL("../dist/console", import.meta.url));
cpSync(from, to, { recursive: true, filter: (file) => extname(file) !== ".ts" });
mkdirSync(`${to}/charts`, { recursive: true });
for (const name of Object.keys(charts)) writeFileSync(`${to}/charts/${name}.svg`, await consoleChart(name));
