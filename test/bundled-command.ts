/**
 * The command as tests start it: its sources and their packages in a few files, made before the first test. Node spends
 * most of a start on loading seven hundred files one by one, and the tests start it more than a hundred times.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "node_modules/.cache/gatehouse-command");

export const bundledCommand: string = join(folder, "cli.mjs");

/** Optional packages, and one with a binary. */
const notBundled = [/^koffi/, "pino-pretty", "@viz-js/viz", "fast-check"];

/** Called by Vitest. */
export async function setup(): Promise<void> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    input: join(root, "src/cli.ts"),
    platform: "node",
    external: notBundled,
    // The other form of jsonc-parser cannot be bundled.
    resolve: { mainFields: ["module", "main"] },
    plugins: [{ name: "places-of-sources", transform: { filter: { id: /\/src\/.*\.ts$/ }, handler: inItsPlace } }],
  });
  const { output } = await bundle.generate({ entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
  await bundle.close();
  for (const file of output) if (file.type === "chunk") await writeIfNew(join(folder, file.fileName), file.code);
}

/** What a source finds beside itself (threads, the console's files) it finds from the bundle, too. */
function inItsPlace(code: string, source: string): string {
  return code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(source).href));
}

/** Another run of the tests may be using the same one. */
async function writeIfNew(file: string, text: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => null)) === text) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
