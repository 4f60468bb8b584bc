import type { ConnectionRates, RateLimit } from "./connection-rates.ts";
import type { Counter } from "./slots.ts";

/** Others who count the connections of an address, too: the nodes of a fleet. For one listener. */
export interface AddressesElsewhere {
  /** How often each address has been admitted lately, as far as it is known here. */
  rates(limit: RateLimit): ConnectionRates;
  /**
   * Counts a connection everywhere, unless a limit is reached there.
   * @param signal aborted when nobody waits for the answer any longer
   */
  ask(asked: AskedAddress, signal: AbortSignal): Promise<AddressAnswer>;
  /** For a connection that was admitted before its address was counted elsewhere. */
  counter(key: string): Counter;
}

export interface AskedAddress {
  readonly key: string;
  /** Null: not counted; no limit where it is infinite. */
  readonly cap: number | null;
  readonly rate: RateLimit | null;
}

export type AddressAnswer =
  | { readonly exhausted: "address-cap" | "address-rate"; readonly limit: number; readonly current: number }
  /** @property counter to be held by the connection; null where it is not counted. */
  | { readonly exhausted: null; readonly counter: Counter | null };
