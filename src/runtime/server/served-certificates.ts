/** The certificates in force: what is served under them changes with the document, with their files and with the date. */
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
  /** Those of the document in force. */
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

  /** What their validity is judged by. */
  get date(): Date {
    return this.#watch.now();
  }

  /** Those that the listeners serve from now on. The same ones are watched already. */
  replace(certificates: ServerCertificates): void {
    const others = certificates.digest !== this.#certificates.digest;
    this.#certificates = certificates;
    if (others) this.#watch.follow(certificates);
  }

  stop(): void {
    this.#watch.stop();
  }

  /** The date decides between certificates for the same name. Contexts are kept where it would choose the same. */
  async #choose(): Promise<void> {
    const now = this.date;
    const certificates = this.#certificates;
    const { loaded, defaultId } = certificates;
    if (loaded.length === 0) return;
    const { key } = choiceOf({ certificates: loaded, defaultId, now });
    // A TLS context takes about a millisecond.
    await new Breather().forEach([...this.#options.listeners()], (listener) => {
      const { tls, settings, protocol } = listener.live;
      // A reload that came meanwhile has chosen by itself.
      if (this.#certificates !== certificates || tls === null || tls.choice === key) return;
      listener.serve(tlsOptions({ settings, protocol, certificates, now }));
      this.#options.lifecycle.emit({ type: "certificate.chosen", listener: listener.name });
    });
  }
}
