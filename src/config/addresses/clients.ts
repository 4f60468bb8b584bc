/** Sets of clients: of addresses, of networks, and of Unix sockets, whose clients have no address. */
import { z } from "zod";
import { mustBe } from "../values/expectation.ts";
import { type Reading, read, readableBy, unreadable } from "../values/reading.ts";
import { readNetwork } from "./networks.ts";

/** Whoever connects to a Unix socket; nginx' `set_real_ip_from` has the same word for them. */
export const UNIX_CLIENTS = "unix:";

const FORMS =
  'an IP address or a network in CIDR form, like "192.0.2.1", "10.0.0.0/8" or "2001:db8::/32", or "unix:" for whoever connects to a Unix socket';

/** A form that a bind address may have; an IPv6 address may begin with `fd:`, too. */
const OWN_SOCKET = /^(?:unix|fd:\d*$)/;

/** Reads who is meant into its canonical text: an address, a network, or `unix:`, which may be written as clients are shown, `unix`. */
export function readClients(text: string): Reading<string> {
  if (text === UNIX_CLIENTS || text === "unix") return read(UNIX_CLIENTS);
  if (OWN_SOCKET.test(text))
    return unreadable('must be "unix:" for whoever connects to a Unix socket; to mean those of one, name its listener');
  const reading = readNetwork(text);
  return reading.ok || text.includes("/") || text.includes("%") ? reading : unreadable(`must be ${FORMS}`);
}

/** The same for a set of trusted proxies. */
export function readTrustedProxy(text: string): Reading<string> {
  if (text === UNIX_CLIENTS) return read(text);
  if (OWN_SOCKET.test(text))
    return unreadable(
      'must be "unix:" for whoever connects to a Unix socket; to trust those of one listener, set its overrideProxyTrustedNetworks or forwardedTrustedNetworks',
    );
  return readClients(text);
}

/** One element of a set of trusted proxies. */
export const trustedProxyText = z
  .string({ error: mustBe(FORMS) })
  .superRefine(readableBy(readTrustedProxy))
  .meta({ examples: ["10.0.0.0/8", "2001:db8::/32", UNIX_CLIENTS] });
