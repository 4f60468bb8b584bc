import { BlockList } from "node:net";
import { readIpAddress } from "../../config/addresses/ip-address.ts";
import { readNetwork } from "../../config/addresses/networks.ts";

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
 * Whom a PROXY header is required from and believed. IPv4-mapped IPv6 addresses are IPv4, in networks and peers alike:
 * `0.0.0.0/0` matches `::ffff:192.0.2.1`, and `::/0` does not. An empty set trusts nobody.
 */
export class TrustedNetworks {
  // A BlockList of both families matches IPv4 addresses against IPv6 networks in their mapped form.
  readonly #networks: { readonly 4: BlockList; readonly 6: BlockList } = { 4: new BlockList(), 6: new BlockList() };
  readonly #empty: boolean;

  /**
   * @param networks as in `proxyTrustedNetworks`: IP addresses and CIDR networks.
   * @throws TrustedNetworkError
   */
  constructor(networks: readonly string[]) {
    this.#empty = networks.length === 0;
    for (const text of networks) this.#add(text);
  }

  /** @param address of a peer, as Node gives it: an IPv6 zone is left out of account. What is no address is not trusted. */
  has(address: string): boolean {
    if (this.#empty) return false;
    const ip = readIpAddress(address);
    return ip !== null && this.#networks[ip.family].check(ip.address, ip.family === 4 ? "ipv4" : "ipv6");
  }

  #add(text: string): void {
    const network = readNetwork(text);
    if (!network.ok) throw new TrustedNetworkError(text, network.reason);
    const [address = "", prefix] = network.value.split("/");
    const family = address.includes(":") ? 6 : 4;
    const type = family === 4 ? "ipv4" : "ipv6";
    if (prefix === undefined) this.#networks[family].addAddress(address, type);
    else this.#networks[family].addSubnet(address, Number(prefix), type);
  }
}
