import { BehaviorSubject } from "rxjs";
import { type Admission, type AdmissionLimits, judge } from "../../../src/runtime/admission/admission.ts";
import { AllowList } from "../../../src/runtime/admission/allow-list.ts";
import { BlockList } from "../../../src/runtime/admission/block-list.ts";
import type { AddressLimits } from "../../../src/runtime/admission/client-limits.ts";
import { LocalSlots, type Permit } from "../../../src/runtime/admission/slots.ts";
import { noPressure, type Pressure } from "../../../src/runtime/pressure/pressure.ts";
import { TrustedNetworks } from "../../../src/runtime/proxy/trusted-networks.ts";
import { systemClock } from "../../../src/runtime/time/clock.ts";

const noAddressLimits: AddressLimits = {
  listener: "smtp",
  blockList: new BlockList(systemClock),
  allowList: new AllowList(systemClock),
  cap: null,
  counts: null,
  rates: null,
  elsewhere: null,
  isCountedElsewhere: false,
  rules: [],
  ruleFailed: (error) => {
    throw error;
  },
};

/** Limits of addresses, all of which are none unless given. */
export function addressLimits(limits: Partial<AddressLimits>): AddressLimits {
  return { ...noAddressLimits, ...limits };
}

/** A door without limits unless given; whoever comes from 198.51.100.0/24 is a proxy. */
export class Door {
  readonly limits$: BehaviorSubject<AdmissionLimits>;
  readonly pressure$ = new BehaviorSubject<Pressure>(noPressure);

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.limits$ = new BehaviorSubject<AdmissionLimits>({
      trusted: new TrustedNetworks(["198.51.100.0/24"]),
      server: null,
      listener: new LocalSlots(Number.POSITIVE_INFINITY),
      refusesUnderPressure: true,
      addresses: noAddressLimits,
      fleet: null,
      ...limits,
    });
  }

  /** Somebody arrives: at accept, or with the permit of a proxy that has told its client. @returns what was decided in that call. */
  arrive({
    address = "192.0.2.1",
    permit = null,
    draining = false,
  }: {
    readonly address?: string;
    readonly permit?: Permit | null;
    readonly draining?: boolean;
  } = {}): Admission {
    const peer = { address, port: 40_000 };
    const circumstances = { limits: this.limits$.value, pressure: this.pressure$.value };
    return judge(permit ? { kind: "client", peer, permit } : { kind: "socket", peer, draining }, circumstances);
  }
}
