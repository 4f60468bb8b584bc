/** Maps a socket's error to the cause of its connection's end. */
import type { EndCause } from "../../machines/causes.ts";

const causes: Readonly<Record<string, EndCause>> = {
  ECONNRESET: "peer-reset",
  EPIPE: "peer-reset",
  ECONNABORTED: "peer-reset",
  ERR_HTTP_REQUEST_TIMEOUT: "session-timeout",
};

/** Prefixes of OpenSSL's errors after the handshake, and of those of Node's HTTP parser. */
const broken = ["ERR_SSL_", "HPE_"];

/** By the code from the operating system, OpenSSL, or `node:http`, which destroys its sockets with its own errors. */
export function causeOfError({ code = "" }: NodeJS.ErrnoException): EndCause {
  const cause = causes[code];
  if (cause) return cause;
  return broken.some((prefix) => code.startsWith(prefix)) ? "protocol-error" : "socket-error";
}
