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

/** A selection on its way to another thread. */
export interface ThreadSelection {
  readonly options: SelectionOptions;
  readonly counts: SharedCounts;
}

/** Places in the memory that the threads of a selection share. */
const [MATCHED, WATCHED, BEYOND] = [0, 1, 2];

/** What all threads count together: a sample and a limit are of all connections, whichever thread has them. */
export interface SharedCounts {
  readonly all: Int32Array;
  /** How many of those that are being inspected this thread has: it may end without giving them back. */
  readonly own: Int32Array;
}

function memoryOf(numbers: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(numbers * Int32Array.BYTES_PER_ELEMENT));
}

/** What a thread had is there for others again. */
export function giveBackWatched({ all, own }: SharedCounts): void {
  Atomics.sub(all, WATCHED, Atomics.exchange(own, 0, 0));
}

export class Selection {
  readonly failuresOnly: boolean;
  readonly byAddress: boolean;
  readonly #listeners: ReadonlySet<string> | null;
  readonly #addresses: TrustedNetworks;
  readonly #oneIn: number;
  readonly #maxConnections: number;
  readonly #options: SelectionOptions;
  readonly #counts: SharedCounts;

  /**
   * @param counts those of the selection in the main thread, for one in another thread.
   * @throws InspectionOptionError
   */
  constructor(options: SelectionOptions, counts: SharedCounts = { all: memoryOf(3), own: memoryOf(1) }) {
    const { listeners, addresses = [], oneIn = 1, failuresOnly = false, maxConnections = 100 } = options;
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
    this.#options = { ...(listeners ? { listeners } : {}), addresses, oneIn, failuresOnly, maxConnections };
    this.#counts = counts;
  }

  /** What another thread makes a selection from that counts with this one. */
  forThread(): ThreadSelection {
    return { options: this.#options, counts: { all: this.#counts.all, own: memoryOf(1) } };
  }

  /** Connections that are being inspected. */
  get watched(): number {
    return Atomics.load(this.#counts.all, WATCHED);
  }

  /** How many were chosen but not inspected, because the limit was reached. */
  get beyond(): number {
    return Atomics.load(this.#counts.all, BEYOND);
  }

  hasListener(name: string): boolean {
    return this.#listeners === null || this.#listeners.has(name);
  }

  /** Decides whether to inspect a connection; a chosen one must be released. */
  choose({ peer }: ConnectionFacts): boolean {
    if (this.byAddress && !this.#addresses.has(peer.address)) return false;
    const { all, own } = this.#counts;
    if (Atomics.add(all, MATCHED, 1) % this.#oneIn !== 0) return false;
    if (Atomics.add(all, WATCHED, 1) >= this.#maxConnections) {
      Atomics.sub(all, WATCHED, 1);
      this.leaveOut();
      return false;
    }
    Atomics.add(own, 0, 1);
    return true;
  }

  /** One that was wanted is not inspected. */
  leaveOut(): void {
    Atomics.add(this.#counts.all, BEYOND, 1);
  }

  release(): void {
    const { all, own } = this.#counts;
    Atomics.sub(own, 0, 1);
    Atomics.sub(all, WATCHED, 1);
  }
}
