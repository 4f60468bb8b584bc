import { UNIX_CLIENTS } from "../../config/addresses/clients.ts";
import { addressBits, firstBits, networkBits } from "../../config/addresses/network-bits.ts";
import { UNIX_CLIENT } from "../../protocols/endpoint.ts";
import type { Breather } from "../time/breather.ts";

/** An element of a set of trusted networks is neither an IP address nor a network in CIDR form. */
export class TrustedNetworkError extends Error {
  override readonly name = "TrustedNetworkError";
  readonly code = "invalid-network";
  readonly network: string;

  constructor(network: string, problem: string) {
    super(`Trusted network ${JSON.stringify(network)} ${problem}.`);
    this.network = network;
  }
}

/**
 * The peers that must send a PROXY header and whose header is believed. IPv4-mapped IPv6 addresses count as IPv4, in
 * networks and peers alike: `0.0.0.0/0` matches `::ffff:192.0.2.1`, and `::/0` does not. `unix:` has whoever connects to a Unix socket, and no network does.
 * An empty set trusts nobody.
 */
export class TrustedNetworks {
  readonly #families: Readonly<Record<4 | 6, Map<number, Set<bigint>>>> = { 4: new Map(), 6: new Map() };
  #empty = true;
  #unix = false;

  /**
   * @param networks as in `proxyTrustedNetworks`: IP addresses, CIDR networks, `unix:`.
   * @throws TrustedNetworkError
   */
  constructor(networks: readonly string[]) {
    for (const text of networks) this.#add(text);
  }

  /** The same for what may be thousands of networks. @throws TrustedNetworkError */
  static async inTurns(networks: readonly string[], breather: Breather): Promise<TrustedNetworks> {
    const made = new TrustedNetworks([]);
    await breather.forEach(networks, (text) => made.#add(text));
    return made;
  }

  /** @param address of a peer, as Node gives it; an IPv6 zone is ignored. What is no address is not trusted. */
  has(address: string): boolean {
    if (this.#empty) return false;
    const whole = addressBits(address);
    if (!whole) return this.#unix && address === UNIX_CLIENT.address;
    for (const [prefix, networks] of this.#families[whole.family])
      if (networks.has(firstBits(whole, prefix))) return true;
    return false;
  }

  #add(text: string): void {
    if (text === UNIX_CLIENTS) {
      this.#unix = true;
      this.#empty = false;
      return;
    }
    const network = networkBits(text);
    if (!network.ok) throw new TrustedNetworkError(text, network.reason);
    const { family, prefix, bits } = network.value;
    const networks = this.#families[family].get(prefix) ?? new Set();
    this.#families[family].set(prefix, networks.add(bits));
    this.#empty = false;
  }
}
