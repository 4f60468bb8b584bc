/** The sender's side of the PROXY protocol version 2, as far as the tests need it. */
import { crc32c } from "../../../src/runtime/proxy/crc32c.ts";

export const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

export interface Version2 {
  /** Version and command; 0x21, PROXY, by default. */
  readonly command?: number;
  /** 0x11, TCP over IPv4, by default. */
  readonly family?: number;
  readonly addresses?: Uint8Array;
  readonly tlvs?: readonly Uint8Array[];
  /** Adds a vector with the right checksum before the others. */
  readonly crc32c?: boolean;
  /** What the length field says, when it is not the truth. */
  readonly length?: number;
}

/** 192.0.2.1:56324 to 198.51.100.7:25. */
export const IPV4_ADDRESSES = Buffer.from("c0000201c6336407dc040019", "hex");

export function version2(wanted: Version2 = {}): Buffer {
  const { addresses = IPV4_ADDRESSES, tlvs = [] } = wanted;
  const checksum = wanted.crc32c ? [tlv(0x03, Buffer.alloc(4))] : [];
  const block = Buffer.concat([addresses, ...checksum, ...tlvs]);
  const fixed = Buffer.from([wanted.command ?? 0x21, wanted.family ?? 0x11, 0, 0]);
  fixed.writeUInt16BE(wanted.length ?? block.length, 2);
  const header = Buffer.concat([SIGNATURE, fixed, block]);
  if (wanted.crc32c) header.writeUInt32BE(crc32c(header), 16 + addresses.length + 3);
  return header;
}

export function tlv(type: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.from([type, 0, 0]);
  head.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Addresses and ports of IPv6; addresses in hexadecimal. */
export function ipv6Addresses(source: string, destination: string): Buffer {
  return Buffer.from(`${source}${destination}dc040019`, "hex");
}

export function unixAddresses(source: string, destination: string): Buffer {
  const block = Buffer.alloc(216);
  block.write(source, 0, 108, "utf8");
  block.write(destination, 108, 108, "utf8");
  return block;
}
