/** The certificates in force, which change with the document, with their files and with the date. */
import type { Listener } from "../listener/listener.ts";
import { tlsOptions } from "../listener/prepared-listeners.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import { Breather } from "../time/breather.ts";
import type { Clock } from "../time/clock.ts";
import type { LoadedCertificate } from "../tls/certificates.ts";
import type { ChallengeCertificates } from "../tls/challenge-certificates.ts";
import { choiceOf, type TlsServerOptions } from "../tls/context.ts";
import { noCertificates, type ServerCertificates, withCertificate } from "../tls/server-certificates.ts";
import { CertificateWatch } from "./certificate-watch.ts";

export interface ServedCertificatesOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly challenges: ChallengeCertificates;
  /** The listeners of the document in force. */
  listeners(): Iterable<Listener>;
  /** What keys of session tickets are made of; undefined: each context has its own. */
  ticketSecret(): Uint8Array;
}

export class ServedCertificates {
  readonly #options: ServedCertificatesOptions;
  readonly #watch: CertificateWatch;
  #certificates = noCertificates;

  constructor(options: ServedCertificatesOptions) {
    const { clock, lifecycle } = options;
    this.#options = options;
    this.#watch = new CertificateWatch({ clock, lifecycle, onChange: () => void this.#choose() });
  }

  get inForce(): ServerCertificates {
    return this.#certificates;
  }

  /** The date that their validity is judged by. */
  get date(): Date {
    return this.#watch.now();
  }

  /** Sets the certificates that the listeners serve from now on. The same ones are being watched already. */
  replace(certificates: ServerCertificates): void {
    const others = certificates.digest !== this.#certificates.digest;
    this.#certificates = certificates;
    if (others) this.#watch.follow(certificates);
  }

  /** Serves these, from the next handshake on, where they are others. */
  async serve(certificates: ServerCertificates): Promise<void> {
    if (certificates.digest === this.#certificates.digest) return;
    this.replace(certificates);
    await this.#serve(() => true);
  }

  /** Serves it in the place of the one with its id, from the next handshake on. Nothing is read again for that. */
  async renew(certificate: LoadedCertificate): Promise<void> {
    await this.serve(withCertificate(this.#certificates, certificate));
  }

  stop(): void {
    this.#watch.stop();
  }

  /** The date decides between certificates for the same name. Contexts are kept where the choice is unchanged. */
  async #choose(): Promise<void> {
    const { loaded, defaultId } = this.#certificates;
    if (loaded.length === 0) return;
    const { key } = choiceOf({ certificates: loaded, defaultId, now: this.date });
    await this.#serve(
      ({ choice }) => choice !== key,
      (listener) => this.#options.lifecycle.emit({ type: "certificate.chosen", listener: listener.name }),
    );
  }

  async #serve(isConcerned: (tls: TlsServerOptions) => boolean, served = (_: Listener): void => {}): Promise<void> {
    const now = this.date;
    const certificates = this.#certificates;
    const { challenges } = this.#options;
    // A TLS context takes about a millisecond.
    await new Breather().forEach([...this.#options.listeners()], (listener) => {
      const { tls, settings, protocol } = listener.live;
      // A reload in the meantime has made its own choice.
      if (this.#certificates !== certificates || tls === null || !isConcerned(tls)) return;
      const ticketSecret = this.#options.ticketSecret();
      listener.serve(tlsOptions({ settings, protocol, certificates, now, challenges, ticketSecret }));
      served(listener);
    });
  }
}
