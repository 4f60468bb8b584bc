/** Certificates that were ordered by ACME: where they are kept, and what stands in for one that was not issued yet. */
import { join } from "node:path";
import type { AcmeCertificate } from "../../config/index.ts";
import { readFileIfThere, toFileError } from "../../files/index.ts";
import { CertificateError } from "./certificate-error.ts";
import { checkCertificate, type LoadedCertificate } from "./certificates.ts";
import { TEXT_LIMITS } from "./secret-text.ts";

/** Of accounts, orders and issued certificates. */
export function acmeFolder(dataDirectory: string): string {
  return join(dataDirectory, "acme");
}

/** Key and chain in one file, so that no crash can separate them. */
export function issuedFile(dataDirectory: string, id: string): string {
  return join(acmeFolder(dataDirectory), `${id}.pem`);
}

/**
 * The kept certificate, whatever its names: it is served until another one is issued.
 * @returns null when there is none, or a damaged one: another is ordered.
 * @throws CertificateError `certificate-unreadable`
 */
export async function loadIssued(
  { id }: Pick<AcmeCertificate, "id">,
  { dataDirectory, now }: { readonly dataDirectory: string; readonly now: Date },
): Promise<LoadedCertificate | null> {
  const file = issuedFile(dataDirectory, id);
  let pem: string;
  try {
    const found = await readFileIfThere(file, TEXT_LIMITS);
    if (found === null) return null;
    pem = found.bytes.toString("utf8");
  } catch (error) {
    const { path, problem } = toFileError(file, error);
    throw new CertificateError("certificate-unreadable", id, `${path} cannot be read: ${problem}`);
  }
  try {
    return checkCertificate({ id, certificate: pem, privateKey: pem, now });
  } catch {
    return null;
  }
}

/** Whether it is for all of the domains. */
export function coversDomains(certificate: LoadedCertificate, { domains }: Pick<AcmeCertificate, "domains">): boolean {
  return domains.every((domain) => certificate.subjectAlternativeNames.includes(domain));
}

/**
 * The self-signed certificate under the id of one that was not issued yet. No name leads to it, so that it goes before no
 * certificate that a client trusts.
 */
export function standIn(id: string, selfSigned: LoadedCertificate): LoadedCertificate {
  return { ...selfSigned, id, subjectAlternativeNames: [], isStandIn: true, warnings: [] };
}
