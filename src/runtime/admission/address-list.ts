import { octetsOf, readIpAddress } from "../../config/addresses/ip-address.ts";
import { readNetwork } from "../../config/addresses/networks.ts";
import type { Reading } from "../../config/values/reading.ts";
import { type Clock, dateOf } from "../time/clock.ts";

/** An entry of a list, in its canonical form. */
export interface ListedAddress {
  /** IP address, or network in CIDR form. */
  readonly address: string;
  /** From when on it is as if it were not in the list; null: never. */
  readonly expiresAt: Date | null;
  /** For whoever reads the list. */
  readonly reason: string | null;
}

interface Listed {
  readonly entry: ListedAddress;
  /** By the runtime's clock; a change of the system's time does not move it. */
  readonly deadline: number;
}

/** A network as it is looked for. */
interface Network {
  readonly family: 4 | 6;
  readonly prefix: number;
  /** The octets that all its addresses begin with, as a number. */
  readonly bits: bigint;
  readonly text: string;
}

/** From prefix to networks: a look costs one step for each length of prefix in the list, however long the list is. */
type Prefixes = Map<number, Map<bigint, Listed>>;

/** IP addresses and networks, each until it expires. What has expired is gone when somebody looks; there is no timer. */
export class AddressList {
  readonly #clock: Clock;
  readonly #families: Readonly<Record<4 | 6, Prefixes>> = { 4: new Map(), 6: new Map() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An entry of the same address or network is replaced. */
  add({ family, prefix, bits, text }: Network, { expiresAt, reason }: Omit<ListedAddress, "address">): void {
    const remaining = expiresAt ? expiresAt.getTime() - dateOf(this.#clock).getTime() : Number.POSITIVE_INFINITY;
    const networks = this.#families[family].get(prefix) ?? new Map<bigint, Listed>();
    this.#families[family].set(prefix, networks);
    networks.set(bits, { entry: { address: text, expiresAt, reason }, deadline: this.#clock.now() + remaining });
  }

  /**
   * Takes out this very address or network, not those in it.
   * @returns whether it was there
   */
  remove({ family, prefix, bits }: Network): boolean {
    const networks = this.#families[family].get(prefix);
    const listed = networks?.get(bits);
    if (!networks || !listed) return false;
    this.#drop(this.#families[family], prefix, bits);
    return listed.deadline > this.#clock.now();
  }

  /** The entry that the address falls under, null when it falls under none. */
  find(address: string): ListedAddress | null {
    if (this.#families[4].size === 0 && this.#families[6].size === 0) return null;
    const ip = readIpAddress(address);
    if (!ip) return null;
    const prefixes = this.#families[ip.family];
    if (prefixes.size === 0) return null;
    const whole = numberOf(octetsOf(ip.address));
    const width = ip.family === 4 ? 32 : 128;
    for (const [prefix, networks] of prefixes) {
      const bits = whole >> BigInt(width - prefix);
      const listed = networks.get(bits);
      if (!listed) continue;
      if (listed.deadline > this.#clock.now()) return listed.entry;
      this.#drop(prefixes, prefix, bits);
    }
    return null;
  }

  entries(): ListedAddress[] {
    const now = this.#clock.now();
    const found: ListedAddress[] = [];
    for (const prefixes of Object.values(this.#families))
      for (const [prefix, networks] of prefixes)
        for (const [bits, { entry, deadline }] of networks)
          if (deadline > now) found.push(entry);
          else this.#drop(prefixes, prefix, bits);
    return found;
  }

  #drop(prefixes: Prefixes, prefix: number, bits: bigint): void {
    const networks = prefixes.get(prefix);
    networks?.delete(bits);
    if (networks?.size === 0) prefixes.delete(prefix);
  }
}

/** An address or network as a list takes it. */
export function listedNetwork(address: string): Reading<Network> {
  const reading = readNetwork(address);
  if (!reading.ok) return reading;
  const [first = "", length] = reading.value.split("/");
  const family = first.includes(":") ? 6 : 4;
  const width = family === 4 ? 32 : 128;
  const prefix = length === undefined ? width : Number(length);
  const bits = numberOf(octetsOf(first)) >> BigInt(width - prefix);
  return { ok: true, value: { family, prefix, bits, text: reading.value } };
}

function numberOf(octets: readonly number[]): bigint {
  let number = 0n;
  for (const octet of octets) number = (number << 8n) | BigInt(octet);
  return number;
}
