/** Requests that cannot be read, and how they are answered. */
import type { EndCause } from "../../machines/causes.ts";

export interface Fault {
  readonly status: string;
  readonly cause: EndCause;
  /** Further fields of the answer, each with its line end. */
  readonly fields?: string;
}

/** The header has not come in time (RFC 9110 section 15.5.9). */
export const requestTimeout: Fault = { status: "408 Request Timeout", cause: "session-timeout" };

const byCode: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: { status: "431 Request Header Fields Too Large", cause: "protocol-error" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: "413 Content Too Large", cause: "protocol-error" },
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
};

const badRequest: Fault = { status: "400 Bad Request", cause: "protocol-error" };

/** There is nothing behind this server to be connected with (RFC 9110 section 9.3.6). */
export const connectRefused: Fault = {
  status: "405 Method Not Allowed",
  cause: "quit",
  fields: "Allow: GET, HEAD\r\n",
};

/** The handler of an upgrade has failed before it has said anything. */
export const upgradeFailed: Fault = { status: "500 Internal Server Error", cause: "session-failed" };

/** An upgrade that cannot be made, where `node:http` has already given the request up. */
export const upgradeRefused: Fault = { status: "400 Bad Request", cause: "protocol-error" };

/** What an error of `node:http` means; null for one of the socket, which leaves nobody to answer to. */
export function faultOf({ code = "" }: NodeJS.ErrnoException): Fault | null {
  return byCode[code] ?? (code.startsWith("HPE_") ? badRequest : null);
}

/** The whole answer. */
export function faultAnswer({ status, fields = "" }: Fault): string {
  const text = `${status.slice(4)}\n`;
  return (
    `HTTP/1.1 ${status}\r\nConnection: close\r\n${fields}Content-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${text.length}\r\n\r\n${text}`
  );
}
