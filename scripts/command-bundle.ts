/**
 * The command in a few files, with the threads that it starts and the packages that it needs: most of a start goes into
 * loading hundreds of files one by one.
 */
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const sources = fileURLToPath(new URL("../src/", import.meta.url));

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
const notBundled = [/^koffi/, /^@?redis/, "pino-pretty", "@viz-js/viz", "fast-check"];

/** As the bundler writes it, one on a line. */
const builtInImport = /^import (.+?) ?from "(node:[^"]+)";$/gm;
const packageFolder = /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;
const placeMark = /__place__\("([^"]+)"\)/g;

export interface BundledFile {
  /** From the folder that `cli.js` is in. */
  readonly fileName: string;
  readonly code: string;
}

export interface Bundle {
  readonly files: readonly BundledFile[];
  /** Folders of the packages that are in it. */
  readonly packages: readonly string[];
}

export interface BundleOptions {
  /** The command, or what embedders import. */
  readonly of: "cli" | "index";
  /**
   * The folder from which a source finds what is no part of the bundle (the console's files, `package.json`): a file URL
   * that ends in a slash, or null for the folder that `cli.js` is in.
   */
  readonly beside: string | null;
  /** How files there end. */
  readonly ending: ".js" | ".ts";
}

/** Makes `cli.js` or `index.js`, and all else in `program/`. */
export async function bundle({ of, beside, ending }: BundleOptions): Promise<Bundle> {
  const entries = [[of, of], ...threads.map((name) => [`program/${name}`, name])];
  const build = await rolldown({
    input: Object.fromEntries(entries.map(([name, source]) => [name, `${sources}${source}.ts`])),
    platform: "node",
    external: notBundled,
    resolve: {
      // The other form of jsonc-parser cannot be bundled.
      mainFields: ["module", "main"],
      // RxJS gives Node its form without `import`, of which all would be in the bundle.
      alias: { rxjs: fileURLToPath(new URL("../esm/index.js", import.meta.resolve("rxjs"))) },
    },
    plugins: [
      {
        name: "places-of-sources",
        transform: { filter: { id: /\/src\/.*\.ts$/ }, handler: markPlace },
        renderChunk: (code, { fileName }) => code.replaceAll(placeMark, (_, place) => placeFrom(fileName, place)),
      },
      {
        name: "modules-of-node",
        renderChunk: (code) => code.replaceAll(builtInImport, (_, names, module) => takenFrom(module, names)),
      },
    ],
  });
  const { output } = await build.generate({
    entryFileNames: "[name].js",
    chunkFileNames: "program/[name].js",
    // A start reads all of it, and names stay as they are for stack traces.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await build.close();
  const chunks = output.filter((file) => file.type === "chunk");
  const importing = chunks.find(({ code }) => /\bfrom ?"node:/.test(code));
  if (importing)
    throw new Error(`${importing.fileName} imports a module of Node in a form that takenFrom() does not know.`);
  const packages = chunks.flatMap(({ moduleIds }) => moduleIds.flatMap((id) => packageFolder.exec(id)?.[0] ?? []));
  return {
    files: chunks.map(({ fileName, code }) => ({ fileName, code })),
    packages: [...new Set(packages)].sort(),
  };

  function placeFrom(fileName: string, place: string): string {
    if (beside !== null && !place.startsWith("program/")) return JSON.stringify(`${beside}${place}${ending}`);
    const path = relative(dirname(fileName), `${place}.js`);
    return `new URL(${JSON.stringify(path.startsWith(".") ? path : `./${path}`)}, import.meta.url).href`;
  }
}

/**
 * An `import` of a module of Node's reads all of its exports, also those that Node makes when they are first read: with
 * `process` come streams of standard input and output, with `http` a whole HTTP client.
 * @param names what stands between `import` and `from`
 */
function takenFrom(module: string, names: string): string {
  const [, whole, some] = /^([^{]*?)(?:, )?(\{.*\})?$/.exec(names) ?? [];
  const patterns = [whole?.replace("* as ", ""), some?.replaceAll(" as ", ": ")].filter(Boolean);
  return patterns.map((pattern) => `const ${pattern} = process.getBuiltinModule("${module}");`).join("\n");
}

/** What runs in threads is in the bundle. */
function markPlace(code: string, source: string): string {
  const name = relative(sources, source).replace(/\.ts$/, "");
  const place = startsThread.test(code) ? `program/${name}` : name;
  return code.replaceAll("import.meta.url", `__place__(${JSON.stringify(place)})`);
}
