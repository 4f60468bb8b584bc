import { networkBits } from "../../config/addresses/network-bits.ts";
import type { Clock } from "../time/clock.ts";
import { AddressList, type ListedAddress } from "./address-list.ts";

/** An address or a network whose clients are refused. */
export interface BlockedAddress {
  /** IP address, or network in CIDR form. */
  readonly address: string;
  /** When the block ends; null or left out: never by itself. */
  readonly expiresAt?: Date | string | null;
  /** For people who read the list. */
  readonly reason?: string | null;
}

/** An entry of the list, in its canonical form. */
export type BlockedEntry = ListedAddress;

/** A `BlockedAddress` that is not valid. */
export class BlockedAddressError extends RangeError {
  override readonly name = "BlockedAddressError";
  readonly code = "invalid-blocked-address";

  constructor(found: unknown, use: "a blocked address" | "the end of a block", problem: string) {
    super(`${JSON.stringify(found)} cannot be ${use}: it ${problem}.`);
  }
}

/** The addresses that every listener refuses. */
export class BlockList {
  readonly #list: AddressList;

  constructor(clock: Clock) {
    this.#list = new AddressList(clock);
  }

  /**
   * Replaces an entry of the same address or network.
   * @throws BlockedAddressError
   */
  add({ address, expiresAt = null, reason = null }: BlockedAddress): void {
    this.#list.add(readBlocked(address), { expiresAt: readExpiry(expiresAt), reason });
  }

  /**
   * Removes exactly this address or network, not those within it.
   * @returns whether it was there
   * @throws BlockedAddressError
   */
  remove(address: string): boolean {
    return this.#list.remove(readBlocked(address));
  }

  /** The entry of exactly this address or network; null when it has none. @throws BlockedAddressError */
  entryOf(address: string): BlockedEntry | null {
    const { text } = readBlocked(address);
    return this.entries().find((entry) => entry.address === text) ?? null;
  }

  /** The entry that covers the address; null when it is not blocked. */
  find(address: string): BlockedEntry | null {
    return this.#list.find(address);
  }

  entries(): BlockedEntry[] {
    return this.#list.entries();
  }
}

function readBlocked(address: string) {
  const reading = networkBits(address);
  if (!reading.ok) throw new BlockedAddressError(address, "a blocked address", reading.reason);
  return reading.value;
}

function readExpiry(expiresAt: Date | string | null): Date | null {
  if (expiresAt === null) return null;
  const date = new Date(expiresAt);
  if (Number.isNaN(date.getTime()))
    throw new BlockedAddressError(
      expiresAt,
      "the end of a block",
      'must be a date and time like "2030-01-31T12:00:00Z"',
    );
  return date;
}
