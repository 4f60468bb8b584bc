import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { CertificateSettings, PublicText, SecretText } from "../../config/index.ts";
import { CertificateError } from "./certificate-error.ts";
import { isCertificate, isEncrypted, isPrivateKey, pemBlocks } from "./pem.ts";
import { CredentialError, resolveText } from "./secret-text.ts";
import { subjectAlternativeNames } from "./subject-alternative-names.ts";

export type KeyType = "rsa" | "ecdsa" | "ed25519";

/** A certificate with its key, checked and ready to be served. */
export interface LoadedCertificate {
  readonly id: string;
  /** PEM: the server's certificate, then its intermediates, each followed by its issuer. */
  readonly certificate: string;
  /** PEM, not encrypted. Must not appear in a log, an API answer or an inspector event. */
  readonly privateKey: string;
  /** DNS names in lower case and IP addresses. */
  readonly subjectAlternativeNames: readonly string[];
  readonly notValidBefore: Date;
  readonly notValidAfter: Date;
  /** Distinguished name on one line, e.g. `C=US, O=Let's Encrypt, CN=E5`. */
  readonly issuer: string;
  readonly keyType: KeyType;
  /** Sentences for the log: what clients will object to now or soon. */
  readonly warnings: readonly string[];
}

/** Days before the end of a certificate's validity from which on it is warned about. */
export const EXPIRY_WARNING_DAYS = 14;
const DAY = 86_400_000;

/**
 * Reads a certificate and its private key and checks that they fit each other and that OpenSSL will serve them.
 * @throws CertificateError
 */
export async function loadCertificate(
  settings: CertificateSettings,
  env: NodeJS.ProcessEnv = process.env,
  now: Date = new Date(),
): Promise<LoadedCertificate> {
  const read = async (what: string, text: PublicText | SecretText) => {
    try {
      return await resolveText(text, env);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw new CertificateError("certificate-unreadable", settings.id, `its ${what}: ${error.message}`);
    }
  };
  const certificate = await read("certificate", settings.certificate);
  const privateKey = await read("private key", settings.privateKey);
  return checkCertificate({ id: settings.id, certificate, privateKey, now });
}

/** What is in two PEM texts, checked. @throws CertificateError */
export function checkCertificate(given: {
  readonly id: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly now: Date;
}): LoadedCertificate {
  const { id, now } = given;
  const certificates = parseCertificates(id, given.certificate);
  const { key, pem: privateKey } = parsePrivateKey(id, given.privateKey);
  const keyType = keyTypeOf(id, key);
  const chain = chainFrom(certificates, key);
  const leaf = chain[0];
  if (!leaf) throw new CertificateError("private-key-mismatch", id, mismatch(certificates[0]));
  const certificate = chain.map((one) => one.toString()).join("");
  checkServable(id, certificate, privateKey);

  const reordered = chain.some((one, index) => one !== certificates[index]);
  return {
    id,
    certificate,
    privateKey,
    subjectAlternativeNames: subjectAlternativeNames(leaf),
    notValidBefore: leaf.validFromDate,
    notValidAfter: leaf.validToDate,
    issuer: onOneLine(leaf.issuer),
    keyType,
    warnings: [...warningsOf(leaf, now), ...(reordered ? [WRONG_ORDER] : [])].map(
      (text) => `Certificate "${id}" ${text}`,
    ),
  };
}

const WRONG_ORDER =
  "has its chain in the wrong order, and is served in the right one; put the server's certificate first, then each issuer.";

function parseCertificates(id: string, text: string): X509Certificate[] {
  const blocks = pemBlocks(text);
  const certificates = blocks.filter(isCertificate);
  if (certificates.length === 0) {
    throw new CertificateError(
      "certificate-malformed",
      id,
      blocks.some(isPrivateKey)
        ? "a private key stands where the certificate should; swap `certificate` and `privateKey`"
        : "the certificate is not in PEM (a text with a line BEGIN CERTIFICATE); convert it: openssl x509 -in FILE -out tls.crt",
    );
  }
  return certificates.map((block, index) => {
    try {
      return new X509Certificate(block.text);
    } catch {
      const which = certificates.length === 1 ? "the certificate" : `certificate ${index + 1} of its chain`;
      throw new CertificateError(
        "certificate-malformed",
        id,
        `${which} is damaged; copy it anew from whoever issued it`,
      );
    }
  });
}

function parsePrivateKey(id: string, text: string): { key: KeyObject; pem: string } {
  const blocks = pemBlocks(text);
  const block = blocks.find(isPrivateKey);
  const malformed = (problem: string) => new CertificateError("private-key-malformed", id, problem);
  if (!block) {
    throw malformed(
      blocks.some(isCertificate)
        ? "a certificate stands where the private key should; swap `certificate` and `privateKey`"
        : "the private key is not in PEM (a text with a line BEGIN PRIVATE KEY); convert it: openssl pkey -in FILE -out tls.key",
    );
  }
  if (isEncrypted(block)) {
    throw malformed(
      "the private key is encrypted, and nobody is there to type its passphrase; decrypt it: openssl pkey -in FILE -out tls.key",
    );
  }
  try {
    return { key: createPrivateKey(block.text), pem: block.text };
  } catch {
    throw malformed("the private key is damaged; copy it anew, or make a new key and certificate");
  }
}

function keyTypeOf(id: string, key: KeyObject): KeyType {
  switch (key.asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return "rsa";
    case "ec":
      return "ecdsa";
    case "ed25519":
      return "ed25519";
    default: {
      const problem = `the private key is of the kind ${key.asymmetricKeyType}; make an RSA, ECDSA or Ed25519 key and a certificate for it`;
      throw new CertificateError("private-key-malformed", id, problem);
    }
  }
}

/**
 * The certificate that the key fits, then issuer after issuer, then whatever is left, which may serve clients that
 * build another path. Empty when the key fits none.
 */
function chainFrom(certificates: readonly X509Certificate[], key: KeyObject): X509Certificate[] {
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (!leaf) return [];
  const chain = [leaf];
  const rest = new Set(certificates);
  rest.delete(leaf);
  for (const last of chain) {
    const issuer = [...rest].find((certificate) => last.checkIssued(certificate));
    if (issuer && rest.delete(issuer)) chain.push(issuer);
  }
  return [...chain, ...rest];
}

function mismatch(certificate: X509Certificate | undefined): string {
  const subject = certificate
    ? ` (${onOneLine(certificate.subject || certificate.subjectAltName || "no subject")})`
    : "";
  return `the private key does not belong to the certificate${subject}; give the key that its request was signed with`;
}

/** What only OpenSSL knows: key lengths and digests below its security level. */
function checkServable(id: string, certificate: string, privateKey: string): void {
  try {
    createSecureContext({ cert: certificate, key: privateKey });
  } catch (error) {
    const reason = error instanceof Error && "reason" in error ? String(error.reason) : "no reason given";
    const problem = `OpenSSL refuses to serve it (${reason}); make a certificate with a stronger key and digest`;
    throw new CertificateError("certificate-malformed", id, problem);
  }
}

function warningsOf(leaf: X509Certificate, now: Date): string[] {
  const warnings: string[] = [];
  const left = leaf.validToDate.getTime() - now.getTime();
  if (left <= 0) warnings.push(`expired on ${day(leaf.validToDate)}; renew it.`);
  else if (left < EXPIRY_WARNING_DAYS * DAY) warnings.push(`expires on ${day(leaf.validToDate)}; renew it.`);
  if (leaf.validFromDate > now) {
    warnings.push(`is not valid before ${day(leaf.validFromDate)}; wait, or set the clock right.`);
  }
  if (subjectAlternativeNames(leaf).length === 0) {
    warnings.push(
      "has no subject alternative name, so no client will find its server's name in it; have it issued anew.",
    );
  }
  return warnings;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function onOneLine(distinguishedName: string): string {
  return distinguishedName.replaceAll("\n", ", ");
}
