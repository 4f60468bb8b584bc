/** What is wrong with a request of HTTP/2 that `node:http2` lets pass. */
import type { Http2ServerRequest, IncomingHttpHeaders } from "node:http2";
import { isHost } from "../host-field.ts";

export interface StreamProblem {
  readonly status: 400 | 405 | 417 | 431;
  readonly text: string;
}

/** Null for nothing. Only the stream ends with the answer: where it ends is never unclear. */
export function streamProblem(
  { headers, rawHeaders }: Pick<Http2ServerRequest, "headers" | "rawHeaders">,
  maxHeaderSize: number,
): StreamProblem | null {
  if (sizeOf(rawHeaders) > maxHeaderSize) return { status: 431, text: "Request Header Fields Too Large" };
  const text = authorityProblem(headers);
  if (text !== null) return { status: 400, text };
  if (headers[":method"] === "CONNECT") return { status: 405, text: "There is nothing behind this server." };
  if (headers.expect !== undefined && !expectsContinue(headers))
    return { status: 417, text: "There is no such expectation." };
  return null;
}

/** The client sends its body only when it is asked to (RFC 9110 section 10.1.1). */
export function expectsContinue({ expect }: IncomingHttpHeaders): boolean {
  return expect?.toLowerCase() === "100-continue";
}

/** Of a list of fields, as it is counted in SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 section 6.5.2). */
function sizeOf(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce((size, text) => size + text.length, (rawHeaders.length / 2) * 32);
}

/** RFC 9113 section 8.3.1. */
function authorityProblem({ ":authority": authority, ":scheme": scheme, host }: IncomingHttpHeaders): string | null {
  const named = authority ?? host ?? "";
  if (scheme !== undefined && !/^https?$/i.test(scheme)) return "Only the schemes http and https are understood.";
  // The host of these schemes is never empty (RFC 9110 sections 4.2.1 and 4.2.2).
  if (named === "" || named.startsWith(":") || !isHost(named)) return ":authority is not a host and a port.";
  return host === undefined || host.toLowerCase() === named.toLowerCase() ? null : "Host differs from :authority.";
}
