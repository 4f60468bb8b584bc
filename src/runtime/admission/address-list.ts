import { addressBits, firstBits, type NetworkBits } from "../../config/addresses/network-bits.ts";
import { type Clock, dateOf } from "../time/clock.ts";

/** An entry of a list, in its canonical form. */
export interface ListedAddress {
  /** IP address, or network in CIDR form. */
  readonly address: string;
  /** From then on the entry has no effect; null: it never expires. */
  readonly expiresAt: Date | null;
  /** For people who read the list. */
  readonly reason: string | null;
}

interface Listed {
  readonly entry: ListedAddress;
  /** By the runtime's clock; a change of the system's time does not move it. */
  readonly deadline: number;
}

/**
 * From prefix length to networks: a lookup costs one step for each prefix length in the list, however long the list is.
 */
type Prefixes = Map<number, Map<bigint, Listed>>;

/** IP addresses and networks, each until it expires. Expired entries are removed on lookup; there is no timer. */
export class AddressList {
  readonly #clock: Clock;
  readonly #families: Readonly<Record<4 | 6, Prefixes>> = { 4: new Map(), 6: new Map() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces an entry of the same address or network. */
  add({ family, prefix, bits, text }: NetworkBits, { expiresAt, reason }: Omit<ListedAddress, "address">): void {
    const remaining = expiresAt ? expiresAt.getTime() - dateOf(this.#clock).getTime() : Number.POSITIVE_INFINITY;
    const networks = this.#families[family].get(prefix) ?? new Map<bigint, Listed>();
    this.#families[family].set(prefix, networks);
    networks.set(bits, { entry: { address: text, expiresAt, reason }, deadline: this.#clock.now() + remaining });
  }

  /**
   * Removes exactly this address or network, not those within it.
   * @returns whether it was there
   */
  remove({ family, prefix, bits }: NetworkBits): boolean {
    const networks = this.#families[family].get(prefix);
    const listed = networks?.get(bits);
    if (!networks || !listed) return false;
    this.#drop(this.#families[family], prefix, bits);
    return listed.deadline > this.#clock.now();
  }

  /** The entry that covers the address; null when none does. */
  find(address: string): ListedAddress | null {
    if (this.#families[4].size === 0 && this.#families[6].size === 0) return null;
    const whole = addressBits(address);
    if (!whole) return null;
    const prefixes = this.#families[whole.family];
    for (const [prefix, networks] of prefixes) {
      const bits = firstBits(whole, prefix);
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
