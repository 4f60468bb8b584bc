import { TrustedNetworks } from "../proxy/trusted-networks.ts";
import type { Breather } from "../time/breather.ts";

/** The sets of all listeners, each made once: many have the server's. */
export class TrustedSets {
  #made = new Map<readonly string[], TrustedNetworks>();

  /** Makes them ready before they are asked for; those before are forgotten. */
  async prepare(sets: Iterable<readonly string[]>, breather: Breather): Promise<void> {
    const made = new Map<readonly string[], TrustedNetworks>();
    for (const networks of new Set(sets)) {
      const known = this.#made.get(networks);
      made.set(networks, known ?? (await TrustedNetworks.littleByLittle(networks, breather)));
    }
    this.#made = made;
  }

  of(networks: readonly string[]): TrustedNetworks {
    const trusted = this.#made.get(networks) ?? new TrustedNetworks(networks);
    this.#made.set(networks, trusted);
    return trusted;
  }
}
