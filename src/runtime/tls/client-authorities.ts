/** The authorities whose certificates clients of a listener may show. */
import { createHash } from "node:crypto";
import type { ListenerSettings } from "../../config/index.ts";
import { certificatesIn } from "./pem-certificates.ts";
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
  const refuse = (problem: string, cause?: unknown) =>
    new ClientAuthorityError(listener, `cannot be used: ${problem}.`, cause);
  const read = certificatesIn(text, {
    refuse,
    insteadOfKey: "give the certificate of whoever issued the clients' ones",
  });
  return read.map(({ certificate, pem }, index) => {
    if (certificate.ca) return pem;
    const which = read.length === 1 ? "the certificate" : `certificate ${index + 1}`;
    throw refuse(
      `${which} is of no authority, and may not sign others; give that of whoever issued the clients' certificates`,
    );
  });
}
