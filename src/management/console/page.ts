/** The console's page, with the modules that it needs at once. */
import { moduleEnding } from "../../browser/page-files.ts";
import { pageHtml } from "../../browser/page-html.ts";

/** @param names of the console's files. */
export function consolePage(names: Iterable<string>): Buffer {
  const modules = [...names].filter((name) => name.endsWith(moduleEnding) || name.startsWith("packages/lit-html/"));
  return pageHtml("index.html", { entry: "main", modules });
}
