/** What a worker's thread and the main thread say to one another about clients of the fleet, on a port of their own. */
import type { AskedAddress } from "../admission/addresses-elsewhere.ts";

/** From a worker's thread: all that came up in one turn of its event loop. */
export interface ThreadNotes {
  readonly asked: readonly AskedClient[];
  /** Connections that were let in before their addresses were counted. */
  readonly entered: readonly EnteredClient[];
  /** Of those that were asked about or have entered: who is gone. */
  readonly left: readonly number[];
  /** Addresses with another failed log-in. */
  readonly failed: readonly string[];
}

export interface EnteredClient {
  /** Of this thread. */
  readonly id: number;
  readonly listener: string;
  readonly key: string;
}

export type AskedClient = EnteredClient & AskedAddress;

/** From the main thread. */
export type ThreadAnswer = { readonly id: number } & (
  | { readonly exhausted: "address-cap" | "address-rate"; readonly limit: number; readonly current: number }
  /** @property counted to be told of as soon as it is gone */
  | { readonly exhausted: null; readonly counted: boolean }
);
