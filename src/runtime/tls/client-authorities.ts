/** The authorities whose certificates clients of a listener may show. */
import { createHash, X509Certificate } from "node:crypto";
import type { ListenerSettings } from "../../config/index.ts";
import { isCertificate, pemBlocks } from "./pem.ts";
import { CredentialError, resolveText, type TextReading } from "./secret-text.ts";

/** Who may show which certificate. */
export interface ClientAuthorities {
  readonly mode: "optional" | "required";
  /** PEM, one for each authority. */
  readonly certificates: readonly string[];
  /** Equal for the same mode and the same authorities: a session is resumed only where they are the same. */
  readonly digest: string;
}

/** The authorities of a listener's clients cannot be used. */
export class ClientAuthorityError extends Error {
  override readonly name = "ClientAuthorityError";
  readonly code = "client-authority-unusable";
  /** Of the listener. */
  readonly listener: string;

  constructor(listener: string, problem: string, cause?: unknown) {
    super(`tlsClientCa of listener "${listener}" ${problem}`, { cause });
    this.listener = listener;
  }
}

type Asking = Pick<ListenerSettings, "name" | "useTls" | "tlsClientAuth" | "tlsClientCa">;

/** @returns null where clients are not asked for a certificate. @throws ClientAuthorityError */
export async function loadClientAuthorities(
  { name, useTls, tlsClientAuth: mode, tlsClientCa }: Asking,
  reading: TextReading,
): Promise<ClientAuthorities | null> {
  if (!useTls || mode === "none" || tlsClientCa === null) return null;
  const text = await resolveText(tlsClientCa, reading).catch((error: unknown) => {
    if (!(error instanceof CredentialError)) throw error;
    throw new ClientAuthorityError(name, `cannot be read: ${error.message}`, error);
  });
  const certificates = authoritiesIn(text, name);
  const digest = createHash("sha256")
    .update(JSON.stringify([mode, certificates]))
    .digest("base64");
  return { mode, certificates, digest };
}

function authoritiesIn(text: string, listener: string): readonly string[] {
  const blocks = pemBlocks(text).filter(isCertificate);
  if (blocks.length === 0)
    throw new ClientAuthorityError(listener, "holds no certificate in PEM (a text with a line BEGIN CERTIFICATE).");
  return blocks.map(({ flaw, text: pem }, index) => {
    const which = blocks.length === 1 ? "" : `, certificate ${index + 1}`;
    if (flaw !== null) throw new ClientAuthorityError(listener, `${flaw}${which}; copy it again.`);
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch (error) {
      throw new ClientAuthorityError(listener, `is damaged${which}; copy it again.`, error);
    }
    if (!certificate.ca)
      throw new ClientAuthorityError(
        listener,
        `is of no authority${which}: it may not sign other certificates; give that of whoever issued the clients' ones.`,
      );
    return pem;
  });
}
