/** Header fields of every answer to browsers: where it may load from, and who may show or read it. */
import type { ServerResponse } from "node:http";
import { contentSecurityPolicy } from "../../browser/page-html.ts";

/** Nothing comes from elsewhere, runs inline, or is shown in the frame of another page. */
export const securityFields: Readonly<Record<string, string>> = {
  "Content-Security-Policy": contentSecurityPolicy({ frameAncestors: "'none'" }),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export function setSecurityFields(response: ServerResponse): void {
  for (const [name, value] of Object.entries(securityFields)) response.setHeader(name, value);
}
