/** The certificates in force, which change with the document, with their files and with the date. */
import type { Listener } from "../listener/listener.ts";
import { tlsOptions } from "../listener/prepared-listeners.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import { Breather } from "../time/breather.ts";
import type { Clock } from "../time/clock.ts";
import { choiceOf } from "../tls/context.ts";
import { noCertificates, type ServerCertificates } from "../tls/server-certificates.ts";
import { CertificateWatch } from "./certificate-watch.ts";

export interface ServedCertificatesOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** The listeners of the document in force. */
  listeners(): Iterable<Listener>;
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

  stop(): void {
    this.#watch.stop();
  }

  /** The date decides between certificates for the same name. Contexts are kept where the choice is unchanged. */
  async #choose(): Promise<void> {
    const now = this.date;
    const certificates = this.#certificates;
    const { loaded, defaultId } = certificates;
    if (loaded.length === 0) return;
    const { key } = choiceOf({ certificates: loaded, defaultId, now });
    // A TLS context takes about a millisecond.
    await new Breather().forEach([...this.#options.listeners()], (listener) => {
      const { tls, settings, protocol } = listener.live;
      // A reload in the meantime has made its own choice.
      if (this.#certificates !== certificates || tls === null || tls.choice === key) return;
      listener.serve(tlsOptions({ settings, protocol, certificates, now }));
      this.#options.lifecycle.emit({ type: "certificate.chosen", listener: listener.name });
    });
  }
}
