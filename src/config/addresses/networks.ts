import { z } from "zod";
import { mustBe } from "../values/expectation.ts";
import { type Reading, read, readableBy, unreadable } from "../values/reading.ts";
import { addressOf, octetsOf, readIpAddress } from "./ip-address.ts";

const FORMS = 'an IP address or a network in CIDR form, like "192.0.2.1", "10.0.0.0/8" or "2001:db8::/32"';
const UNIX = "clients of Unix sockets have none: the mode and owner of its file decide who may connect";
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;
/** IPv4-mapped addresses are `::ffff:0:0/96`. */
const MAPPED_PREFIX = 96;

/**
 * Reads an IP address or CIDR network (RFC 4632, RFC 4291 2.3) into its canonical text: host bits are cleared, a prefix
 * that covers one address is left out, and IPv4-mapped networks become IPv4.
 */
export function readNetwork(text: string): Reading<string> {
  const slash = text.indexOf("/");
  const ip = readIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (!ip) return unreadable(`must be ${FORMS}${text.startsWith("unix") ? `; ${UNIX}` : ""}`);
  if (ip.zone !== null) return unreadable("must not name an interface (%)");
  if (slash < 0) return read(ip.address);
  const size = ip.family === 4 ? 32 : 128;
  const mapped = ip.family === 4 && text.includes(":");
  const written = text.slice(slash + 1);
  const shortest = mapped ? MAPPED_PREFIX : 0;
  const longest = mapped ? 128 : size;
  if (!PREFIX.test(written) || Number(written) < shortest || Number(written) > longest) {
    return unreadable(`must have a prefix length from ${shortest} to ${longest} after its /`);
  }
  const prefix = Number(written) - shortest;
  const network = addressOf(octetsOf(ip.address).map((octet, index) => octet & octetMask(prefix - index * 8)));
  return read(prefix === size ? network : `${network}/${prefix}`);
}

function octetMask(bits: number): number {
  return 0xff & (0xff00 >> Math.max(0, Math.min(8, bits)));
}

/** One element of a set of networks. */
export const networkText = z
  .string({ error: mustBe(FORMS) })
  .superRefine(readableBy(readNetwork))
  .meta({ examples: ["10.0.0.0/8", "2001:db8::/32"] });
