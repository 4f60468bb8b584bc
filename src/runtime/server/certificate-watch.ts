/** Watches the validity of what is served while the server runs: tells what ends, and when to choose anew. */
import type { Lifecycle } from "../observe/lifecycle.ts";
import { type Clock, dateOf, systemClock } from "../time/clock.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import { type ChainMember, nextChange, type Validity, validityAt } from "../tls/validity.ts";

/** So that a change of the system's date, or a time in which the machine slept, is noticed this soon. */
const longestPause = 3_600_000;

export interface CertificateWatchOptions {
  /** One without a date is not asked: what it lets pass is no calendar's time. */
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** The validity of something has changed. */
  onChange(): void;
}

interface Watched {
  readonly id: string;
  readonly member: ChainMember;
  /** What was told last. */
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

  /** What is served from now on. How it stood when it was loaded was told then. */
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
      if (validity === "expiring" || validity === "expired") this.#tell(watched);
    }
    if (changed) this.#onChange();
    this.#schedule(now);
  }

  #tell({ id, member: { subject, role, notValidAfter }, validity }: Watched): void {
    const type = validity === "expired" ? "certificate.expired" : "certificate.expiring";
    this.#lifecycle.emit({ type, certificate: id, subject, role, notValidAfter });
  }

  /** @param looked when the validity was looked at last. */
  #schedule(looked: Date): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#watched.length === 0) return;
    const members = this.#watched.map(({ member }) => member);
    const left = nextChange(members, looked) - this.now().getTime();
    const pause = Math.max(0, Math.min(left, longestPause));
    this.#timer = this.#clock.setTimeout(() => this.#look(), pause);
  }
}
