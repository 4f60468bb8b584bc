import { z } from "zod";
import { mustBe } from "../values/expectation.ts";
import { type Reading, read, readableBy, unreadable } from "../values/reading.ts";
import { isIPv6, readIpAddress } from "./ip-address.ts";

/** An address to listen on. */
export interface BindAddress {
  /**
   * Canonical `host:port`; an IPv6 host is bracketed. A Unix socket is `unix:` and its path or name, a socket that the
   * process was started with `fd:` and the number of its descriptor.
   */
  readonly text: string;
  /**
   * Without brackets; a link-local IPv6 address ends in `%` and its interface. Of a Unix socket its path, or `@` and its
   * name in the abstract namespace (unix(7)); of a descriptor its number.
   */
  readonly host: string;
  readonly family: 4 | 6 | "unix" | "fd";
  /** 0 asks the operating system for a free port, and is that of Unix sockets and descriptors. */
  readonly port: number;
}

const FORMS =
  'an IP address with a port, like "0.0.0.0:25", "127.0.0.1:2525" or "[::]:25", or a Unix socket, like "unix:/run/lmtp.sock", or a descriptor, like "fd:3"';
const BRACKETED = /^\[([^\]]*)\](?::(.*))?$/s;
const LINK_LOCAL = /^fe[89ab]/;
const ZONE = /^[\w.-]{1,15}$/;

const DESCRIPTOR = "fd:";
const UNIX = "unix:";
/** Octets of `sun_path` (unix(7)), less the zero at the end of a path or at the beginning of a name. */
const LONGEST_UNIX_NAME = 107;

/** Reads `host:port`, a Unix socket, or a descriptor. Host names are refused: what they resolve to can change, and may be several addresses. */
export function readBindAddress(text: string): Reading<BindAddress> {
  if (text.startsWith(UNIX)) return readUnixSocket(text);
  if (text.startsWith(DESCRIPTOR)) return readDescriptor(text);
  const bracketed = BRACKETED.exec(text);
  if (bracketed)
    return isIPv6(bracketed[1] ?? "") ? withPort(bracketed[1] ?? "", bracketed[2]) : notBracketable(bracketed[1] ?? "");
  const unbracketed = unbracketedIPv6(text);
  if (unbracketed !== null) return unreadable(`must have its IPv6 address in brackets: "${unbracketed}"`);
  const [host = "", port, ...more] = text.split(":");
  if (more.length > 0) return unreadable(`must be ${FORMS}`);
  if (readIpAddress(host)) return withPort(host, port);
  return notAnAddress(host, port);
}

function readUnixSocket(text: string): Reading<BindAddress> {
  const host = text.slice(UNIX.length);
  if (!/^(?:\/|@)./s.test(host) || host.endsWith("/"))
    return unreadable('must name its socket by a whole path, like "unix:/run/gatehouse/lmtp.sock", or "unix:@name"');
  if (host.includes("\0")) return unreadable("must not have a zero octet in the path of its socket");
  // `@` stands for the zero octet that begins an abstract name.
  if (Buffer.byteLength(host) > (host.startsWith("@") ? LONGEST_UNIX_NAME + 1 : LONGEST_UNIX_NAME))
    return unreadable(`must have at most ${LONGEST_UNIX_NAME} octets after "unix:"; the kernel takes no more`);
  return read({ text, host, family: "unix", port: 0 });
}

/** The first three are the standard streams. */
function readDescriptor(text: string): Reading<BindAddress> {
  const host = text.slice(DESCRIPTOR.length);
  if (!/^(?:[3-9]|[1-9]\d{1,5})$/.test(host))
    return unreadable('must name a descriptor that this process is started with by its number, like "fd:3"');
  return read({ text, host, family: "fd", port: 0 });
}

/** Reads none that has a port to ask for: each is one socket. */
export function isSingular({ family, port }: BindAddress): boolean {
  return family === "unix" || family === "fd" || port !== 0;
}

function withPort(host: string, port: string | undefined): Reading<BindAddress> {
  if (port === undefined || port === "") return unreadable("must end in a port, like :25");
  if (!isPort(port)) return unreadable("must end in a port from 0 to 65535, in digits without leading zeros");
  const ip = readIpAddress(host);
  if (!ip) return unreadable(`must be ${FORMS}`);
  const linkLocal = ip.family === 6 && LINK_LOCAL.test(ip.address);
  if (linkLocal && ip.zone === null) {
    return unreadable(`must name the interface of its link-local address: "[${ip.address}%eth0]:${port}"`);
  }
  if (ip.zone !== null && !linkLocal)
    return unreadable("must not name an interface (%): only link-local addresses have one");
  if (ip.zone !== null && !ZONE.test(ip.zone)) return unreadable("must name a network interface after %");
  const bare = ip.zone === null ? ip.address : `${ip.address}%${ip.zone}`;
  const canonical = ip.family === 6 ? `[${bare}]:${port}` : `${bare}:${port}`;
  return read({ text: canonical, host: bare, family: ip.family, port: Number(port) });
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function notBracketable(host: string): Reading<never> {
  const instead = readIpAddress(host)?.family === 4 ? "; an IPv4 address is written without them" : "";
  return unreadable(`must have an IPv6 address in its brackets${instead}`);
}

/** @returns how an IPv6 address without brackets should have been written, or null when the text is none. */
function unbracketedIPv6(text: string): string | null {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon);
  const port = text.slice(colon + 1);
  if (isIPv6(host) && isPort(port)) return `[${host}]:${port}`;
  return isIPv6(text) ? `[${text}]:25` : null;
}

function notAnAddress(host: string, port: string | undefined): Reading<never> {
  if (port === undefined && isPort(host)) return unreadable(`must be ${FORMS}; for all addresses write "[::]:${host}"`);
  if (host === "" || host === "*") {
    return unreadable(
      `must be ${FORMS}; for all addresses write "[::]:${port !== undefined && isPort(port) ? port : 25}"`,
    );
  }
  if (/[a-z]/i.test(host)) return unreadable(`must be ${FORMS}; host names are not allowed`);
  return unreadable(`must be ${FORMS}`);
}

/** One element of `bind`. */
export const bindAddressText = z
  .string({ error: mustBe(FORMS) })
  .superRefine(readableBy(readBindAddress))
  .meta({ examples: ["[::]:25", "127.0.0.1:2525", "unix:/run/gatehouse/lmtp.sock"] });
