/** The console's page, and what it may load: its own files and nothing else. */
import { createHash } from "node:crypto";
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

const importMapHash = createHash("sha256").update(importMap).digest("base64");

/** The import map is the one script in the page; it is known by its hash (CSP 3 section 2.3.1). */
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${importMapHash}'`,
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const consoleHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": contentSecurityPolicy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};
