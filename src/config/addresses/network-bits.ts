/** Addresses and networks as numbers: whether an address is in one of thousands of networks takes a look for each length of prefix. */
import { type Reading, read } from "../values/reading.ts";
import { octetsOf, readIpAddress } from "./ip-address.ts";
import { readNetwork } from "./networks.ts";

/** A network as it is looked for. */
export interface NetworkBits {
  readonly family: 4 | 6;
  readonly prefix: number;
  /** What all its addresses begin with, as a number. */
  readonly bits: bigint;
  /** In its canonical form. */
  readonly text: string;
}

/** An address as it is looked for. */
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

/** What the network of that prefix has that the address is in. */
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
