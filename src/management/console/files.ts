/**
 * The console's files: a table that is made once, so that no path of a request ever becomes one of the disk. Modules are
 * those of `src/console`, with their types taken away where it runs from source, and those of packages as they are.
 */
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { charts } from "../../inspect/charts.ts";
import { svg } from "../../inspect/svg.ts";

export interface ConsoleFile {
  readonly contentType: string;
  read(): Promise<Buffer>;
}

/** `.ts` in the repository, `.js` in the package. */
export const moduleEnding = extname(fileURLToPath(import.meta.url));

const folder = fileURLToPath(new URL("../../console/", import.meta.url));

const svgType = "image/svg+xml";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".svg": svgType,
  [moduleEnding]: "text/javascript; charset=utf-8",
};

/** What the console takes of each package, below its folder. */
const packages = {
  "lit-html": {
    folder: ".",
    entry: "lit-html.js",
    files: [
      "lit-html.js",
      "async-directive.js",
      "directive.js",
      "directive-helpers.js",
      "directives/live.js",
      "directives/ref.js",
      "directives/repeat.js",
    ],
  },
  uplot: { folder: "dist", entry: "uPlot.esm.js", files: ["uPlot.esm.js", "uPlot.min.css"] },
} as const;

/** Where the page finds the packages that modules name. */
export const importMap = JSON.stringify({
  imports: Object.fromEntries(
    Object.entries(packages).flatMap(([name, { entry }]) => [
      [name, `./packages/${name}/${entry}`],
      [`${name}/`, `./packages/${name}/`],
    ]),
  ),
});

/** By the path below `/console/`. */
export async function consoleFiles(): Promise<ReadonlyMap<string, ConsoleFile>> {
  return new Map([...(await ownFiles()), ...packageFiles(), ...(moduleEnding === ".ts" ? chartFiles() : [])]);
}

/** In the package the charts are among its files: `npm run build` has drawn them. */
function chartFiles(): [string, ConsoleFile][] {
  return Object.keys(charts).map((name) => [
    `charts/${name}.svg`,
    { contentType: svgType, read: async () => Buffer.from(await consoleChart(name)) },
  ]);
}

/** The drawing of a chart, with room for how many are in each state. */
export async function consoleChart(name: string): Promise<string> {
  const { [name]: chart } = charts;
  if (!chart) throw new Error(`There is no chart ${name}.`);
  return svg(chart, { counts: {} });
}

/** The page before its modules are named in it. */
export function pageTemplate(): string {
  return readFileSync(join(folder, "index.html"), "utf8");
}

async function ownFiles(): Promise<[string, ConsoleFile][]> {
  const names = await readdir(folder, { recursive: true });
  return names.flatMap((name): [string, ConsoleFile][] => {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined || name.endsWith(".d.ts")) return [];
    return [[name.replaceAll(sep, "/"), { contentType, read: () => readOwn(join(folder, name)) }]];
  });
}

async function readOwn(file: string): Promise<Buffer> {
  const content = await readFile(file);
  return extname(file) === ".ts" ? Buffer.from(stripTypeScriptTypes(content.toString())) : content;
}

function packageFiles(): [string, ConsoleFile][] {
  const { resolve } = createRequire(import.meta.url);
  return Object.entries(packages).flatMap(([name, { folder: inner, files }]) => {
    const place = join("node_modules", name);
    const entry = resolve(name);
    const root = join(entry.slice(0, entry.lastIndexOf(place) + place.length), inner);
    return files.map((file): [string, ConsoleFile] => [
      `packages/${name}/${file}`,
      {
        contentType: file.endsWith(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8",
        read: () => readFile(join(root, file)),
      },
    ]);
  });
}
