/** Stately's package and XState for pages of tests: as ES modules, at paths of the server that serves the page. */
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";

const folder = (name: string): string => fileURLToPath(new URL(`../../node_modules/${name}/`, import.meta.url));

const folders: Readonly<Record<string, string>> = {
  inspect: folder("@statelyai/inspect/dist"),
  xstate: folder("xstate/dist"),
  fast: folder("fast-safe-stringify"),
  stable: folder("safe-stable-stringify"),
};

/** What the package imports and pages do not use. */
const unused = "data:text/javascript,export default class {}; export const stringify = null; export const uuid = null;";

export const statelyImportMap = `<script type="importmap">${JSON.stringify({
  imports: {
    "@statelyai/inspect": "/inspect/index.mjs",
    xstate: "/xstate/xstate.esm.js",
    "fast-safe-stringify": "/fast/index.js",
    "safe-stable-stringify": "/stable/index.js",
    ...Object.fromEntries(["isomorphic-ws", "partysocket", "superjson", "#uuid"].map((name) => [name, unused])),
  },
})}</script>`;

/** @throws when there is no such file */
export async function servePackageFile(path: string, response: ServerResponse): Promise<void> {
  const [, name = "", file = ""] = /^\/(\w+)\/([\w.-]+)$/.exec(path) ?? [];
  const code = await readFile(`${folders[name] ?? ""}${file}`, "utf8");
  response.setHeader("Content-Type", "text/javascript");
  const isCommonJs = name === "fast" || name === "stable";
  response.end(
    isCommonJs
      ? `const module = { exports: {} }; { const exports = module.exports; ${code}\n }\nexport default module.exports;`
      : code,
  );
}
