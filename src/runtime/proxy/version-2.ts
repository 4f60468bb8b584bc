/** The PROXY protocol, version 2: a binary header (proxy-protocol.txt 2.2). */
import { addressOf } from "../../config/addresses/ip-address.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import { NO_TLVS, type ProxyHeader, type ProxyTlvs, withoutEndpoints } from "./proxy-header.ts";
import { ProxyHeaderError } from "./proxy-header-error.ts";
import { decodeTlvs } from "./tlvs.ts";

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const FIXED = 16;
/**
 * The length field could announce 65,535 octets. What proxies send is a few hundred; 4,096 leave room for a client
 * certificate among the TLVs, and 8,192 connections that stall in their header hold 32 MiB.
 */
const LONGEST_BLOCK = 4_096;
export const LONGEST_VERSION_2 = FIXED + LONGEST_BLOCK;

/** Octets that the addresses and ports take, by protocol byte: for every combination in the specification. */
const ADDRESS_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x12, 12],
  [0x21, 36],
  [0x22, 36],
  [0x31, 216],
  [0x32, 216],
]);
const UNSPEC = 0x00;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
const UNIX_STREAM = 0x31;

/**
 * The length of the whole header; null while the fixed part is incomplete.
 * @throws ProxyHeaderError
 */
export function version2Length(bytes: Buffer): number | null {
  const seen = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.compare(SIGNATURE, 0, seen, 0, seen) !== 0) {
    throw new ProxyHeaderError("signature", "the signature of version 2 is wrong");
  }
  const versionAndCommand = bytes[12];
  if (versionAndCommand === undefined) return null;
  const version = versionAndCommand >> 4;
  if (version !== 2) throw new ProxyHeaderError("version", `version ${version} is unknown`);
  const command = versionAndCommand & 0x0f;
  if (command > 1) throw new ProxyHeaderError("command", `command ${command} is unknown`);
  const family = bytes[13];
  if (family !== undefined && command === 1) checkFamily(family);
  if (bytes.length < FIXED) return null;
  const length = bytes.readUInt16BE(14);
  if (length > LONGEST_BLOCK) {
    throw new ProxyHeaderError("oversized", `version 2 announces ${length} octets, more than ${LONGEST_BLOCK}`);
  }
  return FIXED + length;
}

function checkFamily(family: number): void {
  if (!ADDRESS_LENGTHS.has(family)) {
    throw new ProxyHeaderError("family", `family and transport 0x${family.toString(16).padStart(2, "0")} are unknown`);
  }
  if ((family & 0x0f) === 2) throw new ProxyHeaderError("transport", "datagrams are announced on a connection");
}

/**
 * @param header is complete and has passed `version2Length`.
 * @throws ProxyHeaderError
 */
export function decodeVersion2(header: Buffer): ProxyHeader {
  const family = header.readUInt8(13);
  const addressLength = ADDRESS_LENGTHS.get(family);
  if (header.readUInt8(12) === 0x20) return decodeAnonymous("LOCAL", header, addressLength);
  if (family === UNSPEC) return decodeAnonymous("PROXY", header, addressLength);
  const tlvsStart = FIXED + (addressLength ?? 0);
  if (header.length < tlvsStart) throw new ProxyHeaderError("address", "version 2 ends within its addresses");

  const tlvs = decodeTlvs(header, tlvsStart);
  const known = { version: 2, command: "PROXY", tlvs } as const;
  switch (family) {
    case TCP_OVER_IPV4:
      return {
        ...known,
        source: { address: ipv4Text(header, 16), port: header.readUInt16BE(24) },
        destination: { address: ipv4Text(header, 20), port: header.readUInt16BE(26) },
        unix: null,
      };
    case TCP_OVER_IPV6:
      return { ...known, source: endpointIPv6(header, 16, 48), destination: endpointIPv6(header, 32, 50), unix: null };
    case UNIX_STREAM:
      return { ...withoutEndpoints(known), unix: { source: pathText(header, 16), destination: pathText(header, 124) } };
    default:
      throw new ProxyHeaderError("family", "version 2 has an unknown family");
  }
}

/**
 * LOCAL and UNSPEC must be accepted whatever their block holds: UNSPEC may carry addresses of unknown length. Only a
 * checksum that can be found in it must be right: it may show that a flipped bit made a client's header anonymous.
 */
function decodeAnonymous(
  command: ProxyHeader["command"],
  header: Buffer,
  addressLength: number | undefined,
): ProxyHeader {
  return withoutEndpoints({ version: 2, command, tlvs: readableTlvs(header, addressLength) });
}

function readableTlvs(header: Buffer, addressLength: number | undefined): ProxyTlvs {
  if (addressLength === undefined || header.length < FIXED + addressLength) return NO_TLVS;
  try {
    return decodeTlvs(header, FIXED + addressLength);
  } catch (error) {
    if (!(error instanceof ProxyHeaderError) || error.reason === "crc32c") throw error;
    return NO_TLVS;
  }
}

function ipv4Text(header: Buffer, at: number): string {
  return `${header[at]}.${header[at + 1]}.${header[at + 2]}.${header[at + 3]}`;
}

function endpointIPv6(header: Buffer, at: number, portAt: number): Endpoint {
  return { address: addressOf(header.subarray(at, at + 16)), port: header.readUInt16BE(portAt) };
}

/** The name in a `struct sockaddr_un` (unix(7)). */
function pathText(header: Buffer, at: number): string {
  const path = header.subarray(at, at + 108);
  const nul = path.indexOf(0);
  if (nul !== 0) return path.toString("utf8", 0, nul === -1 ? path.length : nul);
  return path.toString("utf8").replace(/\0+$/, "").replaceAll("\0", "@");
}
