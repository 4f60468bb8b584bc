/**
 * Copies the console's other files beside the modules that `tsc` has written: the page, styles, what it takes of other
 * packages, and drawings of the charts, so that users of the package need no drawing tool. `node scripts/console-assets.ts`
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { borrowedFiles } from "../src/browser/page-files.ts";
import { charts } from "../src/inspect/charts.ts";
import { drawOwn, ownDrawingFile } from "../src/inspect/drawing/own-drawings.ts";
import { consoleChart } from "../src/management/console/files.ts";

const from = fileURLToPath(new URL("../src/console", import.meta.url));
const to = fileURLToPath(new URL("../dist/console", import.meta.url));
cpSync(from, to, { recursive: true, filter: (file) => extname(file) !== ".ts" });
for (const { name, path } of borrowedFiles()) {
  mkdirSync(dirname(`${to}/${name}`), { recursive: true });
  cpSync(path, `${to}/${name}`);
}
const drawings = Object.keys(charts).flatMap((name) => [
  { file: `charts/${name}.svg`, draw: () => consoleChart(name) },
  { file: ownDrawingFile(name), draw: () => drawOwn(name) },
]);
for (const { file, draw } of drawings) {
  mkdirSync(dirname(`${to}/${file}`), { recursive: true });
  writeFileSync(`${to}/${file}`, await draw());
}
