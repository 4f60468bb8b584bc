/** `connectionRate` of a listener, exact over all nodes: an address's times are in the engine, and the newest here, too. */
import { RecencyMap } from "../../protocols/recency-map.ts";
import {
  type ConnectionRates,
  LocalConnectionRates,
  mostAddresses,
  type PackedRates,
  type RateLimit,
} from "../admission/connection-rates.ts";
import type { Clock } from "../time/clock.ts";

/** The node, as far as its rates depend on it. */
export interface RatingNode {
  readonly clock: Clock;
  /** The engine answers. */
  readonly maySettle: boolean;
}

export class FleetRates implements ConnectionRates {
  readonly limit: RateLimit;
  readonly #node: RatingNode;
  readonly #local: LocalConnectionRates;
  /** Addresses that the engine has refused, and until when it would again. */
  readonly #over = new RecencyMap<number>();

  constructor(node: RatingNode, limit: RateLimit) {
    this.limit = limit;
    this.#node = node;
    this.#local = new LocalConnectionRates(limit, node.clock);
  }

  exhausted(key: string): boolean {
    return this.#local.exhausted(key) || (this.#over.get(key) ?? 0) > this.#node.clock.now();
  }

  recent(key: string): number {
    return this.#local.recent(key);
  }

  /** Counted as soon as the engine has agreed; without it, here and now. */
  note(key: string): boolean {
    return this.#node.maySettle || this.#local.note(key);
  }

  /** The engine has counted it. */
  agreed(key: string): void {
    this.#local.note(key);
  }

  /** @param left for how long it would again, in milliseconds */
  refused(key: string, left: number): void {
    this.#over.set(key, this.#node.clock.now() + left);
    while (this.#over.size > mostAddresses) this.#over.deleteOldest();
  }

  /** The engine does not answer. @returns whether it may come by the count of this node */
  noteAlone(key: string): boolean {
    if (this.#local.exhausted(key)) return false;
    return this.#local.note(key);
  }

  pack(): PackedRates {
    return this.#local.pack();
  }

  unpack(packed: PackedRates): void {
    this.#local.unpack(packed);
  }
}
