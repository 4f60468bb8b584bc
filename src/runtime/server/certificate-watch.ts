/** Watches the validity of what is served while the server runs: reports what ends, and when to choose again. */
import type { Lifecycle } from "../observe/lifecycle.ts";
import { type Clock, dateOf, systemClock } from "../time/clock.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import { type ChainMember, nextChange, type Validity, validityAt } from "../tls/validity.ts";

/** How soon a change of the system date, or the end of the machine's sleep, is noticed, in milliseconds. */
const longestPause = 3_600_000;

export interface CertificateWatchOptions {
  /** Clocks without a date are not used here: their time is no calendar time. */
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** The validity of a certificate has changed. */
  onChange(): void;
}

interface Watched {
  readonly id: string;
  readonly member: ChainMember;
  /** The validity reported last. */
  validity: Validity;
}

export class CertificateWatch {
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;
  readonly #onChange: () => void;
  #watched: readonly Watched[] = [];
  #timer: unknown = null;

  constructor({ clock, lifecycle, onChange }: CertificateWatchOptions) {
    this.#clock = clock.date ? clock : systemClock;
    this.#lifecycle = lifecycle;
    this.#onChange = onChange;
  }

  now(): Date {
    return dateOf(this.#clock);
  }

  /** Watches what is served from now on. Its validity when it was loaded has been reported already. */
  follow({ loaded, date }: ServerCertificates): void {
    this.#watched = loaded.flatMap(({ id, chain }) =>
      chain.map((member) => ({ id, member, validity: validityAt(member, date) })),
    );
    this.#schedule(date);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#watched = [];
  }

  #look(): void {
    const now = this.now();
    let changed = false;
    for (const watched of this.#watched) {
      const validity = validityAt(watched.member, now);
      if (validity === watched.validity) continue;
      watched.validity = validity;
      changed = true;
      if (validity === "expiring" || validity === "expired") this.#report(watched);
    }
    if (changed) this.#onChange();
    this.#schedule(now);
  }

  #report({ id, member: { subject, role, notValidAfter }, validity }: Watched): void {
    const type = validity === "expired" ? "certificate.expired" : "certificate.expiring";
    this.#lifecycle.emit({ type, certificate: id, subject, role, notValidAfter });
  }

  /** @param looked when the validity was last checked. */
  #schedule(looked: Date): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#watched.length === 0) return;
    const members = this.#watched.map(({ member }) => member);
    const left = nextChange(members, looked) - this.now().getTime();
    const pause = Math.max(0, Math.min(left, longestPause));
    this.#timer = this.#clock.setTimeout(() => this.#look(), pause);
  }
}
