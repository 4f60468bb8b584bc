/** The console's page, with the modules that it needs at once. */
import { importMap, moduleEnding, pageTemplate } from "./files.ts";

/** @param names of the files that the page needs at once. */
export function consolePage(names: Iterable<string>): Buffer {
  const modules = [...names].filter((name) => name.endsWith(moduleEnding) || name.startsWith("packages/lit-html/"));
  const head = [
    `<script type="importmap">${importMap}</script>`,
    ...modules.map((name) => `<link rel="modulepreload" href="${name}" />`),
    `<script type="module" src="main${moduleEnding}"></script>`,
  ];
  return Buffer.from(pageTemplate().replace("<!-- modules -->", () => head.join("\n    ")));
}
