/** The TLS side of tls-alpn-01 (RFC 8737): which names are being proved, and with which certificates. */
import { createSecureContext, type SecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";

/** In ALPN (RFC 8737 section 6.2). */
export const CHALLENGE_PROTOCOL = "acme-tls/1";

/** A certificate that has the answer, and its key. */
export interface ChallengePem {
  readonly cert: string;
  readonly key: string;
}

export class ChallengeCertificates {
  /** By the name in lower case. */
  readonly #pending = new Map<string, SecureContext>();

  get arePending(): boolean {
    return this.#pending.size > 0;
  }

  add(domain: string, pem: ChallengePem): void {
    this.#pending.set(domain, createSecureContext({ ...pem, minVersion: "TLSv1.2" }));
  }

  delete(domain: string): void {
    this.#pending.delete(domain);
  }

  contextOf(serverName: string): SecureContext | undefined {
    return this.#pending.get(serverName.toLowerCase().replace(/\.$/, ""));
  }

  /**
   * Chooses by ALPN as Node does from a list, and serves the certificate of a challenge to whoever asks for that protocol
   * under a name that is being proved. Anybody else is refused by `no_application_protocol`, as without it. Node calls
   * this with the socket as `this`.
   */
  choosing(alpn: readonly string[]): NonNullable<TLSSocketOptions["ALPNCallback"]> {
    const contextOf = (serverName: string) => this.contextOf(serverName);
    return function choose(this: unknown, { servername, protocols }) {
      // A validator offers this one alone (RFC 8737 section 3).
      if (protocols.length === 1 && protocols[0] === CHALLENGE_PROTOCOL) {
        const context = contextOf(servername);
        if (!context || !(this instanceof TLSSocket)) return undefined;
        this.setKeyCert(context);
        return CHALLENGE_PROTOCOL;
      }
      return alpn.find((name) => protocols.includes(name));
    };
  }
}
