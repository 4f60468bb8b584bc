/** The certificate that a client has shown in its handshake. */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../protocols/protocol.ts";
import { allNames } from "./subject-alternative-names.ts";
import { onOneLine } from "./validity.ts";

/** Codes that OpenSSL does not have: nothing was shown, or what was shown cannot be judged. */
const missing = "CLIENT_CERTIFICATE_MISSING";
const unjudged = "CLIENT_CERTIFICATE_NOT_VERIFIED";
const expired = "CERT_HAS_EXPIRED";

/** Null when it has shown none. A resumed session has the certificate of the handshake that it goes back to. */
export function clientCertificate(socket: TLSSocket, now: Date): ClientCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return null;
  const error = verificationError(socket) ?? (certificate.validToDate < now ? expired : null);
  return describe(certificate, error);
}

/** Why a client may not come in where a certificate is required; null when it may. */
export function lacking(shown: ClientCertificate | null): string | null {
  return shown ? shown.error : missing;
}

interface VerifiedHandle {
  verifyError?(): { readonly code?: unknown } | null | undefined;
}

/**
 * `tls.Server` asks its handle the same before it sets `authorized`, which a `TLSSocket` by itself leaves unset. Without
 * an answer nothing counts as verified.
 */
function verificationError(socket: TLSSocket): string | null {
  const { _handle: handle } = socket as unknown as { readonly _handle?: VerifiedHandle | null };
  if (typeof handle?.verifyError !== "function") return unjudged;
  const error = handle.verifyError();
  if (error === null || error === undefined) return null;
  return typeof error.code === "string" ? error.code : unjudged;
}

/** A peer may show what it likes: of names that do not come from here, so many and so long at most. */
const mostNames = 100;
const longestText = 1_024;

function describe(certificate: X509Certificate, error: string | null): ClientCertificate {
  const { names, emails } = allNames(certificate);
  return {
    subject: onOneLine(certificate.subject).slice(0, longestText),
    issuer: onOneLine(certificate.issuer).slice(0, longestText),
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    subjectAlternativeNames: names.slice(0, mostNames),
    emailAddresses: emails.slice(0, mostNames),
    notValidAfter: certificate.validToDate,
    verified: error === null,
    error,
  };
}
