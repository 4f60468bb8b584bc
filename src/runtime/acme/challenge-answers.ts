/** What proves the control of domains at the moment: the certificates of tls-alpn-01, and the files of http-01. */
import type { ChallengePem } from "../tls/challenge-certificates.ts";
import { newPrivateKey } from "./jws.ts";
import { challengeCertificate } from "./x509.ts";

/** RFC 8555 section 8.3. */
export const WELL_KNOWN = "/.well-known/acme-challenge/";

export interface ProvenDomain {
  readonly domain: string;
  readonly challenge: "tls-alpn-01" | "http-01";
  readonly token: string;
  readonly keyAuthorization: string;
}

/** Shows proofs to authorities: here alone, or on all nodes of a fleet. */
export interface ProofPublisher {
  /** Resolves when it is shown. @returns a function that ends it. */
  publish(proven: ProvenDomain): Promise<() => void>;
}

/** Where the certificates of tls-alpn-01 are served. */
export interface ChallengeShowing {
  /** Resolves when every thread serves it. */
  add(domain: string, pem: ChallengePem): Promise<void>;
  delete(domain: string): void;
}

export class ChallengeAnswers implements ProofPublisher {
  readonly #certificates: ChallengeShowing;
  /** By domain and token. */
  readonly #files = new Map<string, string>();

  constructor(certificates: ChallengeShowing) {
    this.#certificates = certificates;
  }

  /** @returns a function that ends it. */
  async publish(proven: ProvenDomain): Promise<() => void> {
    const { domain, challenge, token, keyAuthorization } = proven;
    if (challenge === "tls-alpn-01") {
      await this.#certificates.add(domain, await challengeCertificate(proven, newPrivateKey()));
      return () => this.#certificates.delete(domain);
    }
    const key = fileKey(domain, token);
    this.#files.set(key, keyAuthorization);
    return () => void this.#files.delete(key);
  }

  /** The body for a request that asks for the file of a challenge; null for every other. */
  fileAt(path: string, host: string): string | null {
    if (this.#files.size === 0 || !path.startsWith(WELL_KNOWN)) return null;
    const domain = host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
    return this.#files.get(fileKey(domain, path.slice(WELL_KNOWN.length))) ?? null;
  }
}

/** Neither has a slash. */
function fileKey(domain: string, token: string): string {
  return `${domain}/${token}`;
}
