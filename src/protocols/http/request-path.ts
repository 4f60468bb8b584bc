/** The path that a request asks for. */
import type { IncomingMessage } from "node:http";

/** Without its query; empty where the target is a whole address that cannot be read. */
export function requestPath({ url = "/" }: IncomingMessage): string {
  // An absolute URI, as sent to a proxy (RFC 9112 section 3.2.2).
  if (/^https?:\/\//i.test(url)) return URL.canParse(url) ? new URL(url).pathname : "";
  return url.split("?", 1)[0] ?? "/";
}
