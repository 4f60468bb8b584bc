import { octetsOf, readIpAddress } from "../../config/addresses/ip-address.ts";
import { readNetwork } from "../../config/addresses/networks.ts";
import type { Clock } from "../time/clock.ts";

/** An address or a network that nobody is let in from. */
export interface BlockedAddress {
  /** IP address, or network in CIDR form. */
  readonly address: string;
  /** When it is let in again; null or left out: never by itself. */
  readonly expiresAt?: Date | string | null;
  /** For whoever reads the list. */
  readonly reason?: string | null;
}

/** An entry of the list, in its canonical form. */
export interface BlockedEntry {
  readonly address: string;
  readonly expiresAt: Date | null;
  readonly reason: string | null;
}

/** What was to be blocked cannot be read. */
export class BlockedAddressError extends RangeError {
  override readonly name = "BlockedAddressError";
  readonly code = "invalid-blocked-address";

  constructor(field: keyof BlockedAddress, found: unknown, problem: string) {
    super(`${field} of a blocked address ${problem}; found ${JSON.stringify(found)}.`);
  }
}

interface Block {
  readonly entry: BlockedEntry;
  /** By the runtime's clock; a change of the system's time does not move it. */
  readonly deadline: number;
}

interface Network {
  readonly family: 4 | 6;
  readonly prefix: number;
  /** The octets that all its addresses begin with, as a number. */
  readonly bits: bigint;
  readonly text: string;
}

/** From prefix to networks: a look costs one step for each length of prefix in the list, however long the list is. */
type Prefixes = Map<number, Map<bigint, Block>>;

/** Whom no listener lets in. What has expired is gone when somebody looks; there is no timer. */
export class BlockList {
  readonly #clock: Clock;
  readonly #families: Readonly<Record<4 | 6, Prefixes>> = { 4: new Map(), 6: new Map() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * An entry of the same address or network is replaced.
   * @throws BlockedAddressError
   */
  add(blocked: BlockedAddress): void {
    const { family, prefix, bits, text } = readBlocked(blocked.address);
    const expiresAt = readExpiry(blocked.expiresAt ?? null);
    const remaining = expiresAt ? expiresAt.getTime() - Date.now() : Number.POSITIVE_INFINITY;
    const networks = this.#families[family].get(prefix) ?? new Map<bigint, Block>();
    this.#families[family].set(prefix, networks);
    networks.set(bits, {
      entry: { address: text, expiresAt, reason: blocked.reason ?? null },
      deadline: this.#clock.now() + remaining,
    });
  }

  /**
   * Takes out this very address or network, not those in it.
   * @returns whether it was there
   * @throws BlockedAddressError
   */
  remove(address: string): boolean {
    const { family, prefix, bits } = readBlocked(address);
    const networks = this.#families[family].get(prefix);
    const block = networks?.get(bits);
    if (!networks || !block) return false;
    this.#drop(this.#families[family], prefix, bits);
    return block.deadline > this.#clock.now();
  }

  /** The entry that the address falls under, null when it is not blocked. */
  find(address: string): BlockedEntry | null {
    if (this.#families[4].size === 0 && this.#families[6].size === 0) return null;
    const ip = readIpAddress(address);
    if (!ip) return null;
    const prefixes = this.#families[ip.family];
    if (prefixes.size === 0) return null;
    const whole = numberOf(octetsOf(ip.address));
    const width = ip.family === 4 ? 32 : 128;
    for (const [prefix, networks] of prefixes) {
      const bits = whole >> BigInt(width - prefix);
      const block = networks.get(bits);
      if (!block) continue;
      if (block.deadline > this.#clock.now()) return block.entry;
      this.#drop(prefixes, prefix, bits);
    }
    return null;
  }

  entries(): BlockedEntry[] {
    const now = this.#clock.now();
    const found: BlockedEntry[] = [];
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

function readBlocked(address: string): Network {
  const reading = readNetwork(address);
  if (!reading.ok) throw new BlockedAddressError("address", address, reading.reason);
  const [first = "", length] = reading.value.split("/");
  const family = first.includes(":") ? 6 : 4;
  const width = family === 4 ? 32 : 128;
  const prefix = length === undefined ? width : Number(length);
  const bits = numberOf(octetsOf(first)) >> BigInt(width - prefix);
  return { family, prefix, bits, text: reading.value };
}

function readExpiry(expiresAt: Date | string | null): Date | null {
  if (expiresAt === null) return null;
  const date = new Date(expiresAt);
  if (Number.isNaN(date.getTime()))
    throw new BlockedAddressError("expiresAt", expiresAt, 'must be a date and time like "2030-01-31T12:00:00Z"');
  return date;
}

function numberOf(octets: readonly number[]): bigint {
  let number = 0n;
  for (const octet of octets) number = (number << 8n) | BigInt(octet);
  return number;
}
