/** The PROXY protocol, version 1: one line of text (proxy-protocol.txt 2.1). */
import { isIPv4 } from "node:net";
import { isIPv6, readIpAddress } from "../../config/addresses/ip-address.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";

import { NO_TLVS, type ProxyHeader, withoutEndpoints } from "./proxy-header.ts";
import { ProxyHeaderError } from "./proxy-header-error.ts";

/** The worst case according to the specification, including CRLF. */
export const LONGEST_VERSION_1 = 107;

const LF = 0x0a;
const PROTOCOL = "PROXY ";
const BEGINNINGS = ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN\r", "PROXY UNKNOWN "];
const LONGEST_BEGINNING = Math.max(...BEGINNINGS.map((beginning) => beginning.length));
const PORT = /^(?:0|[1-9]\d{0,4})$/;

/**
 * The length of the line, including CRLF; null while its end is missing.
 * @throws ProxyHeaderError
 */
export function version1Length(bytes: Buffer): number | null {
  checkBeginning(bytes.toString("latin1", 0, Math.min(bytes.length, LONGEST_BEGINNING)));
  const lf = bytes.subarray(0, LONGEST_VERSION_1).indexOf(LF);
  if (lf !== -1) return lf + 1;
  if (bytes.length < LONGEST_VERSION_1) return null;
  throw new ProxyHeaderError("oversized", `version 1 has no line end within ${LONGEST_VERSION_1} octets`);
}

function checkBeginning(text: string): void {
  for (const beginning of BEGINNINGS) {
    if (text.length < beginning.length ? beginning.startsWith(text) : text.startsWith(beginning)) return;
  }
  if (text.length < PROTOCOL.length ? PROTOCOL.startsWith(text) : text.startsWith(PROTOCOL)) {
    throw new ProxyHeaderError("family", "version 1 names none of TCP4, TCP6 and UNKNOWN");
  }
  throw new ProxyHeaderError("signature", 'version 1 does not begin with "PROXY "');
}

/**
 * @param line ends with its first LF and has passed `version1Length`.
 * @throws ProxyHeaderError
 */
export function decodeVersion1(line: Buffer): ProxyHeader {
  const text = line.toString("latin1", 0, line.length - 2);
  if (line[line.length - 2] !== 0x0d || text.includes("\r")) {
    throw new ProxyHeaderError("malformed", "version 1 has a CR or LF that is not part of a CRLF");
  }
  const [, family, source, destination, sourcePort, destinationPort, surplus] = text.split(" ", 7);
  if (family === "UNKNOWN") return withoutEndpoints({ version: 1, command: "PROXY", tlvs: NO_TLVS });
  if (destinationPort === undefined || surplus !== undefined) {
    throw new ProxyHeaderError("malformed", "version 1 is not two addresses and two ports with one space between each");
  }
  const isOfFamily = family === "TCP4" ? isIPv4 : isIPv6;
  return {
    version: 1,
    command: "PROXY",
    source: endpoint(isOfFamily, source, sourcePort),
    destination: endpoint(isOfFamily, destination, destinationPort),
    unix: null,
    tlvs: NO_TLVS,
  };
}

function endpoint(isOfFamily: (text: string) => boolean, address = "", port = ""): Endpoint {
  const ip = isOfFamily(address) ? readIpAddress(address) : null;
  if (!ip || ip.zone !== null)
    throw new ProxyHeaderError("address", "version 1 has an address that is not of its family");
  if (!PORT.test(port) || Number(port) > 65_535) {
    throw new ProxyHeaderError("port", "version 1 has a port that is no decimal number from 0 to 65535");
  }
  return { address: ip.address, port: Number(port) };
}
