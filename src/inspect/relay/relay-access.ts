/**
 * Who may use the relay. The key in its paths keeps out other users of this host; Host and Origin keep out other pages
 * of the browser (DNS rebinding, cross-site WebSocket hijacking).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** The host names that a browser on this host may use for the relay; the port may be that of a tunnel. */
const hostPattern = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

/** Null unless it is a name of this host. */
export function hostOf({ headers: { host } }: IncomingMessage): string | null {
  return host !== undefined && hostPattern.test(host) ? host : null;
}

/** The request comes from a page of the relay itself. */
export function isOwnOrigin({ headers: { origin } }: IncomingMessage, host: string): boolean {
  return origin === `http://${host}`;
}

/** The request comes from a program, which has no origin, or from a page that this host serves, on any port. */
export function isOfThisHost({ headers: { origin } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  const [, scheme, host = ""] = /^(https?):\/\/(.+)$/.exec(origin) ?? [];
  return scheme !== undefined && hostPattern.test(host);
}

export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** A short answer in words. */
export function say(response: ServerResponse, status: number, text: string): void {
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.statusCode = status;
  response.end(text);
}
