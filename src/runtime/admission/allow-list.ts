import { networkBits } from "../../config/addresses/network-bits.ts";
import type { ListedIpSettings } from "../../config/index.ts";
import type { Clock } from "../time/clock.ts";
import { AddressList, type ListedAddress } from "./address-list.ts";

/** Addresses that are exempt from all rules about addresses: `AllowedIp` of the document. */
export class AllowList {
  readonly #list: AddressList;

  constructor(clock: Clock) {
    this.#list = new AddressList(clock);
  }

  /** Replaces an entry of the same address or network. */
  add({ address, expiresAt, reason }: ListedIpSettings): void {
    const network = networkBits(address);
    if (network.ok)
      this.#list.add(network.value, { expiresAt: expiresAt === null ? null : new Date(expiresAt), reason });
  }

  remove(address: string): void {
    const network = networkBits(address);
    if (network.ok) this.#list.remove(network.value);
  }

  has(address: string): boolean {
    return this.find(address) !== null;
  }

  /** The entry that the address falls under, null when it falls under none. */
  find(address: string): ListedAddress | null {
    return this.#list.find(address);
  }
}
