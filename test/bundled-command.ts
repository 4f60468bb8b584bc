/**
 * The command as tests start it: its sources and their packages in a few files, made before the first test. Node spends
 * most of a start on loading seven hundred files one by one, and the tests start it more than a hundred times.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "node_modules/.cache/gatehouse-command");

export const bundledCommand: string = join(folder, "src/cli.js");

/** What runs in threads of its own, each found beside the source that starts it. */
const threads = [
  "config/document/parse-thread",
  "config/managed/change-thread",
  "inspect/drawing/chart-thread",
  "mailbox/database/store-worker",
  "worker",
];
/** Found so, by one of these. */
const startsThread = /startThread\(|import\.meta\.url\.endsWith\("\.ts"\)/;

/** Optional packages, and one with a binary. */
const notBundled = [/^koffi/, "pino-pretty", "@viz-js/viz", "fast-check"];

/** Called by Vitest. */
export async function setup(): Promise<void> {
  await writeIfNew(join(folder, "package.json"), '{ "type": "module" }\n');
  await Promise.all(["cli", ...threads].map(bundle));
}

/** The package for programs of embedders, made when it is needed. */
export const bundledEntry: string = join(folder, "src/index.js");

export async function bundlePackage(): Promise<void> {
  await bundle("index");
}

/** Makes a file of a source and what it imports, and others of what it imports when it needs them. */
async function bundle(name: string): Promise<void> {
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: { [name]: join(root, `src/${name}.ts`) },
    platform: "node",
    external: notBundled,
    // The other form of jsonc-parser cannot be bundled.
    resolve: { mainFields: ["module", "main"] },
    plugins: [{ name: "places-of-sources", transform: { filter: { id: /\/src\/.*\.ts$/ }, handler: inItsPlace } }],
  });
  const { output } = await build.generate({
    entryFileNames: "src/[name].js",
    chunkFileNames: `${name}/[name].js`,
    // A start reads all of it, and names stay as they are for stack traces.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await build.close();
  for (const file of output) if (file.type === "chunk") await writeIfNew(join(folder, file.fileName), file.code);
}

/**
 * What a source finds beside itself (the console's files, package.json) it finds from the bundle, too; what runs in
 * threads is in the bundle.
 */
function inItsPlace(code: string, source: string): string {
  const place = startsThread.test(code) ? join(folder, relative(root, source)).replace(/\.ts$/, ".js") : source;
  return code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(place).href));
}

/** Another run of the tests may be using the same one, so a file is whole or is not there. */
async function writeIfNew(file: string, text: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => null)) === text) return;
  await mkdir(dirname(file), { recursive: true });
  const whole = `${file}.${randomUUID()}`;
  await writeFile(whole, text);
  await rename(whole, file);
}
