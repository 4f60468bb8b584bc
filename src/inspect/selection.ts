/** Which connections are inspected. */
import { readClients } from "../config/addresses/clients.ts";
import type { ConnectionFacts } from "../protocols/protocol.ts";
import { TrustedNetworks } from "../runtime/proxy/trusted-networks.ts";

export interface SelectionOptions {
  /** Only connections of these listeners; all by default. */
  readonly listeners?: readonly string[];
  /**
   * Only clients of these IP addresses and CIDR networks, or of Unix sockets: `unix:`; all by default. Behind a trusted
   * proxy, the client's address counts.
   */
  readonly addresses?: readonly string[];
  /** One in this many of them, beginning with the first; 1 by default, which is all. */
  readonly oneIn?: number;
  /**
   * Only connections that fail: events are kept until the end shows. False by default. Every cause but `quit`,
   * `drained` and `stopped` is a failure.
   */
  readonly failuresOnly?: boolean;
  /** At most this many at once; 100 by default. Others are not inspected, but counted. */
  readonly maxConnections?: number;
}

/** An option of the inspection is not valid. */
export class InspectionOptionError extends Error {
  readonly code = "invalid-inspection";

  constructor(option: string, problem: string) {
    super(`The inspection's ${option} ${problem}.`);
    this.name = "InspectionOptionError";
  }
}

export class Selection {
  readonly failuresOnly: boolean;
  readonly byAddress: boolean;
  readonly #listeners: ReadonlySet<string> | null;
  readonly #addresses: TrustedNetworks;
  readonly #oneIn: number;
  readonly #maxConnections: number;
  #matched = 0;
  #watched = 0;
  #beyond = 0;

  /** @throws InspectionOptionError */
  constructor({ listeners, addresses = [], oneIn = 1, failuresOnly = false, maxConnections = 100 }: SelectionOptions) {
    const clients = addresses.map((text) => {
      const reading = readClients(text);
      if (!reading.ok) throw new InspectionOptionError(`address ${JSON.stringify(text)}`, reading.reason);
      return reading.value;
    });
    for (const [option, value] of Object.entries({ oneIn, maxConnections }))
      if (!Number.isInteger(value) || value < 1)
        throw new InspectionOptionError(option, "must be an integer from 1 on");
    this.failuresOnly = failuresOnly;
    this.byAddress = addresses.length > 0;
    this.#listeners = listeners && listeners.length > 0 ? new Set(listeners) : null;
    this.#addresses = new TrustedNetworks(clients);
    this.#oneIn = oneIn;
    this.#maxConnections = maxConnections;
  }

  /** Connections that are being inspected. */
  get watched(): number {
    return this.#watched;
  }

  /** How many were chosen but not inspected, because the limit was reached. */
  get beyond(): number {
    return this.#beyond;
  }

  hasListener(name: string): boolean {
    return this.#listeners === null || this.#listeners.has(name);
  }

  /** Decides whether to inspect a connection; a chosen one must be released. */
  choose({ peer }: ConnectionFacts): boolean {
    if (this.byAddress && !this.#addresses.has(peer.address)) return false;
    this.#matched += 1;
    if ((this.#matched - 1) % this.#oneIn !== 0) return false;
    if (this.#watched >= this.#maxConnections) {
      this.#beyond += 1;
      return false;
    }
    this.#watched += 1;
    return true;
  }

  release(): void {
    this.#watched -= 1;
  }
}
