import type { ListenerSettings } from "../../config/index.ts";
import type { Endpoint, Refusal } from "../../protocols/protocol.ts";
import { type AdmissionVerdict, admit, admitClient, admitProxy } from "../admission.ts";
import type { Clock } from "../clock.ts";
import { TrustedNetworks } from "../proxy/trusted-networks.ts";
import type { Permit, SlotCounter } from "../slots.ts";
import { AddressCounts } from "./address-counts.ts";
import type { BlockList } from "./block-list.ts";
import { type AddressLimits, type AdmissionRule, ClientLimits } from "./client-limits.ts";
import { ConnectionRates } from "./connection-rates.ts";

/** What the admission of all listeners shares. */
export interface AdmissionHost {
  readonly clock: Clock;
  readonly serverSlots: SlotCounter;
  readonly blockList: BlockList;
  readonly admissionRules: readonly AdmissionRule[];
}

/** Admission to one listener: its trusted networks, its slots, and what it knows of clients' addresses. */
export class ListenerAdmission {
  readonly #host: AdmissionHost;
  readonly #listener: SlotCounter;
  readonly #ruleFailed: (error: unknown) => void;
  #trusted: TrustedNetworks;
  #server: SlotCounter | null;
  #limits: AddressLimits;

  constructor(host: AdmissionHost, { settings, slots, ruleFailed }: ListenerAdmissionOptions) {
    this.#host = host;
    this.#listener = slots;
    this.#ruleFailed = ruleFailed;
    this.#trusted = new TrustedNetworks(settings.proxyTrustedNetworks);
    this.#server = settings.ignoreServerCap ? null : host.serverSlots;
    this.#limits = this.#limitsOf(settings, null);
  }

  /** Other limits for the next connection. What is known of addresses goes on, where the limit is still the same. */
  retune(settings: ListenerSettings): void {
    this.#trusted = new TrustedNetworks(settings.proxyTrustedNetworks);
    this.#server = settings.ignoreServerCap ? null : this.#host.serverSlots;
    this.#limits = this.#limitsOf(settings, this.#limits);
  }

  #limitsOf(settings: ListenerSettings, before: AddressLimits | null): AddressLimits {
    const { maxConnectionsPerAddress: cap, connectionRate: rate } = settings;
    const counted = cap !== null || this.#host.admissionRules.length > 0;
    const sameRate = rate?.count === before?.rates?.limit.count && rate?.interval === before?.rates?.limit.interval;
    return {
      listener: settings.name,
      blockList: this.#host.blockList,
      cap,
      counts: before?.counts ?? (counted ? new AddressCounts() : null),
      rates: rate && (sameRate && before?.rates ? before.rates : new ConnectionRates(rate, this.#host.clock)),
      rules: this.#host.admissionRules,
      ruleFailed: this.#ruleFailed,
    };
  }

  /** Asks at accept. `proxied`: the peer is a trusted proxy, so that its client has to be asked about later. */
  accept(peer: Endpoint, { draining }: { draining: boolean }): AdmissionVerdict & { readonly proxied: boolean } {
    const proxied = this.#trusted.has(peer.address);
    const arrival = this.#arrival(peer, { draining, proxied: false });
    return { ...(proxied ? admitProxy(arrival) : admit(arrival)), proxied };
  }

  /** Asks about the client whom a PROXY header has told; null lets it in. */
  acceptClient(peer: Endpoint, permit: Permit): Refusal | null {
    return admitClient(this.#arrival(peer, { draining: false, proxied: true }), permit);
  }

  #arrival(peer: Endpoint, { draining, proxied }: { draining: boolean; proxied: boolean }) {
    const client = new ClientLimits(this.#limits, { peer, proxied });
    return { draining, server: this.#server, listener: this.#listener, client };
  }
}

export interface ListenerAdmissionOptions {
  readonly settings: ListenerSettings;
  readonly slots: SlotCounter;
  /** A rule of the embedder's threw. */
  ruleFailed(error: unknown): void;
}
