/** What browsers are told of every answer: where it may load from, and who may show or read it. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { importMap } from "./files.ts";

const importMapHash = createHash("sha256").update(importMap).digest("base64");

/**
 * Nothing comes from elsewhere, runs inline, or is shown in the frame of another page. The import map is the one script in
 * the console's page; it is known by its hash (CSP 3 section 2.3.1).
 */
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

export const securityFields: Readonly<Record<string, string>> = {
  "Content-Security-Policy": contentSecurityPolicy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export function setSecurityFields(response: ServerResponse): void {
  for (const [name, value] of Object.entries(securityFields)) response.setHeader(name, value);
}
