/** The command and the package as tests start them: in a few files, as users have them, made before the first test. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "node_modules/.cache/gatehouse-command");

export const bundledCommand: string = join(folder, "cli.js");

/** How it is started. V8 collects garbage while it loads, a tenth of each start, unless new objects have more room. */
export const startingCommand: readonly string[] = ["--min-semi-space-size=16", bundledCommand];

/** Called by Vitest. */
export async function setup(): Promise<void> {
  await writeIfNew(join(folder, "package.json"), '{ "type": "module" }\n');
  await Promise.all([put("cli", folder), put("index", dirname(bundledEntry))]);
}

/** The package for programs of embedders. */
export const bundledEntry: string = join(folder, "package/index.js");

/** Options of Node that let a program find the package there in place of our sources. */
export const asPackage: readonly string[] = ["--import", new URL("./as-package.ts", import.meta.url).href];

/** What a thread of the package runs. @param name of its source, without its ending */
export function bundledThread(name: string): URL {
  return pathToFileURL(join(dirname(bundledEntry), "program", `${name}.js`));
}

/** What its sources find beside themselves they find in the checkout. */
async function put(of: "cli" | "index", to: string): Promise<void> {
  // Loaded when it is needed: tests that start nothing do without it.
  const { bundle } = await import("../scripts/command-bundle.ts");
  const beside = pathToFileURL(`${root}src/`).href;
  const { files } = await bundle({ of, beside, ending: ".ts" });
  for (const { fileName, code } of files) await writeIfNew(join(to, fileName), code);
}

/** Another run of the tests may be using the same one, so a file is whole or is not there. */
async function writeIfNew(file: string, text: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => null)) === text) return;
  await mkdir(dirname(file), { recursive: true });
  const whole = `${file}.${randomUUID()}`;
  await writeFile(whole, text);
  await rename(whole, file);
}
