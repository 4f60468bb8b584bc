/** A page as it is served, and what it may load: its own files and nothing else. */
import { createHash } from "node:crypto";
import { importMap, moduleEnding, pageTemplate } from "./page-files.ts";

interface PageParts {
  /** The module that begins it, without its ending. */
  readonly entry: string;
  /** Names of modules that it needs at once. */
  readonly modules: Iterable<string>;
  /** Elements for its head. */
  readonly head?: readonly string[];
}

/** @param template its name among the files of `src/console` */
export function pageHtml(template: string, { entry, modules, head = [] }: PageParts): Buffer {
  const elements = [
    ...head,
    `<script type="importmap">${importMap}</script>`,
    ...[...modules].map((name) => `<link rel="modulepreload" href="${name}" />`),
    `<script type="module" src="${entry}${moduleEnding}"></script>`,
  ];
  return Buffer.from(pageTemplate(template).replace("<!-- modules -->", () => elements.join("\n    ")));
}

const importMapHash = createHash("sha256").update(importMap).digest("base64");

interface PageReach {
  /** The sources that it may connect to, besides its own. */
  readonly connect?: string;
  /** Who may show it in a frame. */
  readonly frameAncestors: string;
}

/** The import map is the one script in the page; it is known by its hash (CSP 3 section 2.3.1). */
export function contentSecurityPolicy({ connect, frameAncestors }: PageReach): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${importMapHash}'`,
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self'${connect === undefined ? "" : ` ${connect}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join("; ");
}
