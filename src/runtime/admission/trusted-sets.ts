import { TrustedNetworks } from "../proxy/trusted-networks.ts";
import type { Breather } from "../time/breather.ts";

/** The trusted networks of all listeners, each set built once: many listeners use the server's. */
export class TrustedSets {
  #made = new Map<readonly string[], TrustedNetworks>();

  /** Builds the sets before they are needed; earlier ones are dropped. */
  async prepare(sets: Iterable<readonly string[]>, breather: Breather): Promise<void> {
    const made = new Map<readonly string[], TrustedNetworks>();
    for (const networks of new Set(sets)) {
      const known = this.#made.get(networks);
      made.set(networks, known ?? (await TrustedNetworks.inTurns(networks, breather)));
    }
    this.#made = made;
  }

  of(networks: readonly string[]): TrustedNetworks {
    const trusted = this.#made.get(networks) ?? new TrustedNetworks(networks);
    this.#made.set(networks, trusted);
    return trusted;
  }
}
