/** The console's page, and what it may load: its own files and nothing else. */
import { moduleEnding } from "../../browser/page-files.ts";
import { contentSecurityPolicy, pageHtml } from "../../browser/page-html.ts";

/** @param names of the console's files. */
export function consolePage(names: Iterable<string>): Buffer {
  const modules = [...names].filter((name) => name.endsWith(moduleEnding) || name.startsWith("packages/lit-html/"));
  return pageHtml("index.html", { entry: "main", modules });
}

export const consoleHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": contentSecurityPolicy({ frameAncestors: "'none'" }),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};
