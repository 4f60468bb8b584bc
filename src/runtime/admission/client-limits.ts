import { addressKey } from "../../protocols/address-key.ts";
import { type Endpoint, isUnix } from "../../protocols/endpoint.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import type { AddressCounts } from "./address-counts.ts";
import type { AddressesElsewhere } from "./addresses-elsewhere.ts";
import type { AllowList } from "./allow-list.ts";
import type { BlockList } from "./block-list.ts";
import type { ConnectionRates, RateLimit } from "./connection-rates.ts";
import { isRefusal } from "./refusals.ts";
import type { Permit, SlotCounter } from "./slots.ts";

/** An embedder's rule: returns a refusal, or null for no objection. `explain()` asks it too, so it should have no effects. */
export type AdmissionRule = (request: AdmissionRequest) => Refusal | null;

/**
 * Who asks to be admitted, and how many connections there are, without this one and without those that were refused.
 */
export interface AdmissionRequest {
  /** Name of the listener. */
  readonly listener: string;
  /** The client; behind a trusted proxy, the client that the PROXY header names. */
  readonly peer: Endpoint;
  /** A PROXY header was read. */
  readonly proxied: boolean;
  readonly connections: {
    /** Null for a listener with `ignoreServerCap`. */
    readonly server: number | null;
    readonly listener: number;
    /** Of this client's address, or /64 of IPv6, on this listener. */
    readonly address: number;
  };
}

/** The counters that a listener's connections take from. */
interface SlotCounters {
  /** Null for a listener with `ignoreServerCap`. */
  readonly server: SlotCounter | null;
  readonly listener: SlotCounter;
}

/** The limits for all clients of a listener. */
export interface AddressLimits {
  readonly listener: string;
  readonly blockList: BlockList;
  readonly allowList: AllowList;
  readonly cap: number | null;
  /** Null where no rule needs them. */
  readonly counts: AddressCounts | null;
  readonly rates: ConnectionRates | null;
  /** Null where this process knows all. */
  readonly elsewhere: AddressesElsewhere | null;
  /** Connections are counted by address there, too. */
  readonly isCountedElsewhere: boolean;
  readonly rules: readonly AdmissionRule[];
  /** Called when an admission rule threw. */
  ruleFailed(error: unknown): void;
}

/** What is known at this moment about one client's address. */
export class ClientLimits {
  readonly #limits: AddressLimits;
  readonly #peer: Endpoint;
  readonly #proxied: boolean;
  #key: string | null = null;
  #exempt: boolean | null = null;

  constructor(limits: AddressLimits, client: { peer: Endpoint; proxied: boolean }) {
    this.#limits = limits;
    this.#peer = client.peer;
    this.#proxied = client.proxied;
  }

  get blocked(): boolean {
    return this.#limits.blockList.find(this.#peer.address) !== null && !this.exempt;
  }

  /** `AllowedIp`, or a client without an address: no rule about addresses applies. Looked up only when such a rule would. */
  get exempt(): boolean {
    this.#exempt ??= isUnix(this.#peer.address) || this.#limits.allowList.has(this.#peer.address);
    return this.#exempt;
  }

  get cap(): number | null {
    return this.#limits.cap;
  }

  /** The connections that this address already has. */
  get connections(): number {
    const { counts } = this.#limits;
    return counts ? counts.of(this.#addressKey()) : 0;
  }

  /** The same; null where they are not counted by address. */
  get connectionsCounted(): number | null {
    return this.#limits.counts ? this.connections : null;
  }

  /** Let in within the last interval of the rate; null where there is no rate. */
  get recentConnections(): number | null {
    return this.#limits.rates?.recent(this.#addressKey()) ?? null;
  }

  get rate(): RateLimit | null {
    return this.#limits.rates?.limit ?? null;
  }

  get rateExhausted(): boolean {
    const { rates } = this.#limits;
    return rates?.exhausted(this.#addressKey()) ?? false;
  }

  /** The first refusal of the embedder's rules. */
  askEmbedder({ server, listener }: SlotCounters): Refusal | null {
    const { rules } = this.#limits;
    if (rules.length === 0) return null;
    // Behind a proxy this connection already holds its slots.
    const request = this.#request({ server, listener }, { slots: this.#proxied ? 1 : 0, ofAddress: 0 });
    for (const rule of rules) {
      const refusal = rule(request);
      if (refusal) return checkedRefusal(refusal);
    }
    return null;
  }

  /** What rules are asked about a client that holds its slots, and is counted by its address. */
  requestFromInside(counters: SlotCounters): AdmissionRequest {
    return this.#request(counters, { slots: 1, ofAddress: this.#limits.counts ? 1 : 0 });
  }

  /** @param own what this connection has already taken */
  #request({ server, listener }: SlotCounters, own: { slots: number; ofAddress: number }): AdmissionRequest {
    return {
      listener: this.#limits.listener,
      peer: this.#peer,
      proxied: this.#proxied,
      connections: {
        server: server && server.taken - own.slots,
        listener: listener.taken - own.slots,
        address: this.connections - own.ofAddress,
      },
    };
  }

  /**
   * Counts the connection for its rate, and for as long as the permit lasts.
   * @returns what is exhausted, since another thread may have been faster
   */
  letIn(permit: Permit): "address-cap" | "address-rate" | null {
    const { counts, rates } = this.#limits;
    if (counts && !permit.add(counts.counter(this.#addressKey(), this.exempt ? null : this.cap))) return "address-cap";
    return rates === null || rates.note(this.#addressKey()) || this.exempt ? null : "address-rate";
  }

  /** Asks whoever else counts this address, and counts the connection there for as long as the permit lasts. */
  async askElsewhere(permit: Permit, signal: AbortSignal): Promise<Refusal | null> {
    const { elsewhere, rates, isCountedElsewhere } = this.#limits;
    if (!elsewhere || this.exempt) return null;
    const cap = isCountedElsewhere ? (this.cap ?? Number.POSITIVE_INFINITY) : null;
    const answer = await elsewhere.ask({ key: this.#addressKey(), cap, rate: rates?.limit ?? null }, signal);
    if (answer.exhausted !== null) return { rule: answer.exhausted, limit: answer.limit, current: answer.current };
    const { counter } = answer;
    // The client may have gone meanwhile.
    if (counter && !permit.add(counter)) counter.giveBack();
    return null;
  }

  #addressKey(): string {
    // An exempt address takes nothing from the others of its /64.
    this.#key ??= this.exempt ? this.#peer.address : addressKey(this.#peer.address);
    return this.#key;
  }
}

/** @throws TypeError for an answer that is no refusal, such as a promise: it must neither admit nor refuse anybody unsaid. */
function checkedRefusal(answer: Refusal | PromiseLike<unknown>): Refusal {
  if (isRefusal(answer)) return answer;
  void Promise.resolve(answer).catch(() => {});
  throw new TypeError("an answer that is neither a refusal nor null; a rule answers at once");
}
