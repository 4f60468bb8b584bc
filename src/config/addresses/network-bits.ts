/**
 * Addresses and networks as numbers: to find an address among thousands of networks takes one lookup for each prefix
 * length.
 */
import { type Reading, read } from "../values/reading.ts";
import { octetsOf, readIpAddress } from "./ip-address.ts";
import { readNetwork } from "./networks.ts";

/** A network, prepared for lookups. */
export interface NetworkBits {
  readonly family: 4 | 6;
  readonly prefix: number;
  /** The common first bits of its addresses, as a number. */
  readonly bits: bigint;
  /** In its canonical form. */
  readonly text: string;
}

/** An address, prepared for lookups. */
export interface AddressBits {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

/** Reads an IP address or CIDR network. */
export function networkBits(text: string): Reading<NetworkBits> {
  const reading = readNetwork(text);
  if (!reading.ok) return reading;
  const [first = "", length] = reading.value.split("/");
  const family = first.includes(":") ? 6 : 4;
  const prefix = length === undefined ? widthOf(family) : Number(length);
  const bits = firstBits({ family, bits: numberOf(octetsOf(first)) }, prefix);
  return read({ family, prefix, bits, text: reading.value });
}

/** @returns null when the text is no IP address */
export function addressBits(text: string): AddressBits | null {
  const ip = readIpAddress(text);
  return ip && { family: ip.family, bits: numberOf(octetsOf(ip.address)) };
}

/** The first bits of the address's network with that prefix. */
export function firstBits({ family, bits }: AddressBits, prefix: number): bigint {
  return bits >> BigInt(widthOf(family) - prefix);
}

function widthOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function numberOf(octets: readonly number[]): bigint {
  let number = 0n;
  for (const octet of octets) number = (number << 8n) | BigInt(octet);
  return number;
}
