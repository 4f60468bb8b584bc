/** The keys of session tickets (RFC 5077, RFC 8446 4.6.1): whoever has them can resume, and read, its clients' sessions. */
import type { TlsServerOptions } from "./context.ts";

/** What `node:tls` keeps in a context, and types do not say. */
interface KeyedContext {
  setTicketKeys(keys: Buffer): void;
}

/**
 * For handshakes from now on. OpenSSL takes them from the context that a handshake begins with, also when SNI then chooses
 * another.
 * @throws where their length is not OpenSSL's
 */
export function setTicketKeys(tls: TlsServerOptions, keys: Buffer): void {
  contextOf(tls)?.setTicketKeys(keys);
}

function contextOf({ socketOptions }: TlsServerOptions): KeyedContext | undefined {
  return socketOptions.secureContext?.context as KeyedContext | undefined;
}
