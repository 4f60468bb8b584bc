import { BehaviorSubject, combineLatest, type Observable, Subject, type Subscription } from "rxjs";
import type { ListenerSettings } from "../../config/index.ts";
import { addressKey } from "../../protocols/address-key.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import { noPressure, type Pressure } from "../pressure/pressure.ts";
import type { Clock } from "../time/clock.ts";
import type { AddressCounts } from "./address-counts.ts";
import type { AddressesElsewhere } from "./addresses-elsewhere.ts";
import {
  type Admission,
  type AdmissionLimits,
  type Arrival,
  type Circumstances,
  findingsFor,
  type Judgement,
  judge,
} from "./admission.ts";
import type { AllowList } from "./allow-list.ts";
import { type AdmissionRules, AskedRules, type AsyncAdmissionRule } from "./async-rules.ts";
import type { BlockList } from "./block-list.ts";
import { type AddressLimits, ClientLimits } from "./client-limits.ts";
import type { ConnectionRates, RateLimit } from "./connection-rates.ts";
import type { FleetStanding } from "./fleet-standing.ts";
import { noSlots, type Permit, type SlotCounter } from "./slots.ts";
import type { TrustedSets } from "./trusted-sets.ts";

/** Where numbers of connections are kept: in this thread, or in what all threads share. */
export interface Counting {
  /** Of the connections of a listener. */
  slots(settings: ListenerSettings): SlotCounter;
  /** Of the handshakes of a listener that run at once. */
  handshakes(settings: ListenerSettings): SlotCounter;
  addresses(settings: ListenerSettings): AddressCounts;
  rates(settings: ListenerSettings, rate: RateLimit): ConnectionRates;
  /** Others who count the clients of this listener by address; null for nobody. */
  elsewhere(settings: ListenerSettings): AddressesElsewhere | null;
}

/** What all listeners share for admission. */
export interface AdmissionHost {
  readonly clock: Clock;
  readonly serverSlots: SlotCounter;
  readonly counting: Counting;
  readonly trustedSets: TrustedSets;
  readonly blockList: BlockList;
  readonly allowList: AllowList;
  readonly rules: AdmissionRules;
  readonly pressure$: Observable<Pressure>;
  /** Null without a fleet. */
  readonly fleet: FleetStanding | null;
}

/** A client that was admitted. */
export interface AdmittedClient {
  readonly peer: Endpoint;
  readonly permit: Permit;
}

export interface ListenerAdmissionOptions {
  readonly settings: ListenerSettings;
  readonly slots: SlotCounter;
  /** Called when an admission rule threw. */
  ruleFailed(error: unknown): void;
  /** Called when one that answers later failed; what that meant for the client, in words. */
  asyncRuleFailed(text: string): void;
}

/** A client whose slots are taken, and about whom rules are yet to be asked. */
export interface WaitingForRules {
  readonly peer: Endpoint;
  readonly permit: Permit;
  /** A PROXY header has named it. */
  readonly proxied: boolean;
}

/** Admission to one listener, by the latest limits and pressure. */
export class ListenerAdmission {
  /** Arrivals, before any decision about them; completes when no more can come. */
  readonly accepted$ = new Subject<Arrival>();
  readonly #host: AdmissionHost;
  readonly #slots: SlotCounter;
  readonly #options: ListenerAdmissionOptions;
  readonly #limits$: BehaviorSubject<AdmissionLimits>;
  readonly #following: Subscription;
  #circumstances: Circumstances;
  readonly #elsewhere: AddressesElsewhere | null;
  #asks = false;
  /** Connections are counted by address elsewhere from the first cap on. */
  #isCounted = false;

  constructor(host: AdmissionHost, options: ListenerAdmissionOptions) {
    const { settings, slots } = options;
    this.#host = host;
    this.#slots = slots;
    this.#options = options;
    this.#elsewhere = host.counting.elsewhere(settings);
    this.#limits$ = new BehaviorSubject(this.#limitsOf(settings, this.#addressLimits(settings, null)));
    this.#circumstances = { limits: this.#limits$.value, pressure: noPressure };
    this.#following = combineLatest({ limits: this.#limits$, pressure: host.pressure$ }).subscribe((circumstances) => {
      this.#circumstances = circumstances;
    });
  }

  /**
   * Decides about one arrival. Behind a proxy there are two: the socket at accept, and the client named by its header.
   */
  judge(arrival: Arrival): Admission {
    this.accepted$.next(arrival);
    return judge(arrival, this.#circumstances);
  }

  /** Rules that ask elsewhere must be asked, once a client is admitted by all others: from the first one on, always. */
  get asksElsewhere(): boolean {
    this.#asks ||= this.#host.rules.asyncRules.length > 0 || this.#limits$.value.addresses.elsewhere !== null;
    return this.#asks;
  }

  /** Asks them; the client holds its slots meanwhile. @param answered called once, later, unless it is withdrawn. */
  ask({ peer, permit, proxied }: WaitingForRules, answered: (refusal: Refusal | null) => void): AskedRules {
    const { limits } = this.#circumstances;
    const client = new ClientLimits(limits.addresses, { peer, proxied });
    const { asyncRules } = this.#host.rules;
    const asked = new AskedRules({
      ...{
        rules: limits.addresses.elsewhere ? [...asyncRules, fleetRule(client, permit)] : asyncRules,
        request: client.requestFromInside(limits),
        answered,
      },
      failed: (text) => this.#options.asyncRuleFailed(text),
    });
    asked.ask();
    return asked;
  }

  /** What the rules would say of somebody at this moment. Nobody hears of it, and nothing is counted. */
  explain(peer: Endpoint, { proxied, draining }: { readonly proxied: boolean; readonly draining: boolean }): Judgement {
    const arrival: Arrival = proxied ? { kind: "client", peer, permit: noSlots() } : { kind: "socket", peer, draining };
    return findingsFor(arrival, this.#circumstances);
  }

  /**
   * Sets limits for the next connection. What is known about addresses stays, where the limit is still the same.
   * @param inside the admitted clients; from here on they are counted by address if they were not before
   */
  applySettings(settings: ListenerSettings, inside: Iterable<AdmittedClient>): void {
    const before = this.#limits$.value.addresses;
    const wasCounted = this.#isCounted;
    const addresses = this.#addressLimits(settings, before);
    const { counts, elsewhere } = addresses;
    if (counts && !before.counts)
      for (const { peer, permit } of inside) permit.add(counts.counter(addressKey(peer.address), null));
    if (this.#isCounted && !wasCounted && elsewhere)
      for (const { peer, permit } of inside) permit.add(elsewhere.counter(addressKey(peer.address)));
    this.#limits$.next(this.#limitsOf(settings, addresses));
  }

  /** What is known of the addresses' rates; null without a limit. */
  get rates(): ConnectionRates | null {
    return this.#limits$.value.addresses.rates;
  }

  /** No more arrivals will come. */
  complete(): void {
    this.accepted$.complete();
    this.#following.unsubscribe();
  }

  #limitsOf(settings: ListenerSettings, addresses: AddressLimits): AdmissionLimits {
    const { proxyTrustedNetworks, ignoreServerCap, atCapacity } = settings;
    return {
      trusted: this.#host.trustedSets.of(proxyTrustedNetworks),
      server: ignoreServerCap ? null : this.#host.serverSlots,
      listener: this.#slots,
      refusesUnderPressure: atCapacity === "reject" && !ignoreServerCap,
      addresses,
      fleet: ignoreServerCap ? null : this.#host.fleet,
    };
  }

  #addressLimits(settings: ListenerSettings, before: AddressLimits | null): AddressLimits {
    const { maxConnectionsPerAddress: cap, connectionRate: rate } = settings;
    const { admissionRules, asyncRules } = this.#host.rules;
    const counted = cap !== null || admissionRules.length > 0 || asyncRules.length > 0;
    this.#isCounted ||= cap !== null;
    const elsewhere = this.#isCounted || rate ? this.#elsewhere : null;
    const ratesOf = (limit: RateLimit) => elsewhere?.rates(limit) ?? this.#host.counting.rates(settings, limit);
    const sameRate = rate?.count === before?.rates?.limit.count && rate?.interval === before?.rates?.limit.interval;
    return {
      listener: settings.name,
      blockList: this.#host.blockList,
      allowList: this.#host.allowList,
      cap,
      counts: before?.counts ?? (counted ? this.#host.counting.addresses(settings) : null),
      rates: rate && (sameRate && before?.rates ? before.rates : ratesOf(rate)),
      elsewhere,
      isCountedElsewhere: this.#isCounted,
      rules: admissionRules,
      ruleFailed: this.#options.ruleFailed,
    };
  }
}

/** `maxConnectionsPerAddress` and `connectionRate`, where others than this process count them, too. */
function fleetRule(client: ClientLimits, permit: Permit): AsyncAdmissionRule {
  return { name: "fleet", ask: (_, signal) => client.askElsewhere(permit, signal) };
}
