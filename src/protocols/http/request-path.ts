/** The path, and the host, that a request asks for. */
import type { IncomingMessage } from "node:http";

/** Without its query; empty where the target is a whole address that cannot be read. */
export function requestPath({ url = "/" }: IncomingMessage): string {
  if (isAbsolute(url)) return URL.canParse(url) ? new URL(url).pathname : "";
  return url.split("?", 1)[0] ?? "/";
}

/**
 * With its port; that of a whole address counts, whatever the field `Host` says. HTTP/2 has it in `:authority`. Undefined
 * where there is none.
 */
export function requestHost({ url = "/", headers }: IncomingMessage): string | undefined {
  if (isAbsolute(url)) return URL.canParse(url) ? new URL(url).host : "";
  return headers[":authority"]?.toString() ?? headers.host;
}

/** As sent to a proxy (RFC 9112 section 3.2.2). */
function isAbsolute(target: string): boolean {
  return /^https?:\/\//i.test(target);
}
