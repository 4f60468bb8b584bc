import type { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { GivenCertificate, PublicText, SecretText } from "../../config/index.ts";
import type { Breather } from "../time/breather.ts";
import { CertificateError } from "./certificate-error.ts";
import { type Chain, chainFrom, describeChain } from "./chain.ts";
import { certificatesIn } from "./pem-certificates.ts";
import {
  type KeyType,
  keyTypeOf,
  type PrivateKey,
  parsePrivateKeys,
  type TlsVersion,
  versionsFor,
} from "./private-key.ts";
import { CredentialError, resolveText, type TextReading } from "./secret-text.ts";
import { subjectAlternativeNames } from "./subject-alternative-names.ts";
import { type ChainMember, chainMember, describeValidity, onOneLine } from "./validity.ts";

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
  /** The server's certificate and its issuers, as far as given. */
  readonly chain: readonly ChainMember[];
  readonly keyType: KeyType;
  /** The kind of key, e.g. `ECDSA key on the curve secp256k1`, and the versions of TLS that can use it. */
  readonly key: { readonly kind: string; readonly versions: readonly TlsVersion[] };
  /** It is the self-signed one, in the place of one that was not issued yet. */
  readonly isStandIn?: true;
  /** Sentences for the log: what clients will object to, now or soon. */
  readonly warnings: readonly string[];
}

/**
 * Reads a certificate and its private key, and checks that they match and that OpenSSL will serve them.
 * @throws CertificateError
 */
export async function loadCertificate(
  settings: GivenCertificate,
  { now = new Date(), breather, ...reading }: TextReading & { readonly now?: Date; readonly breather?: Breather } = {},
): Promise<LoadedCertificate> {
  const read = async (what: string, text: PublicText | SecretText) => {
    try {
      return await resolveText(text, reading);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw new CertificateError("certificate-unreadable", settings.id, `its ${what}: ${error.message}`);
    }
  };
  const certificate = await read("certificate", settings.certificate);
  const privateKey = await read("private key", settings.privateKey);
  // The check takes about a millisecond, and many may have been read at once.
  await breather?.inLine();
  return checkCertificate({ id: settings.id, certificate, privateKey, now });
}

/** Checks the contents of two PEM texts. @throws CertificateError */
export function checkCertificate(given: {
  readonly id: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly now: Date;
}): LoadedCertificate {
  const { id, now } = given;
  const certificates = parseCertificates(id, given.certificate);
  const keys = parsePrivateKeys(id, given.privateKey);
  const { chain, key } = pairOf(id, certificates, keys);
  const keyType = keyTypeOf(id, key.key);
  const [leaf] = chain.path;
  const certificate = [...chain.path, ...chain.rest].map((one) => one.toString()).join("");
  checkServable(id, certificate, key.pem);

  const members = chain.path.map((one, index) => chainMember(one, index === 0 ? "server" : "issuer"));
  const names = subjectAlternativeNames(leaf);
  const usable = versionsFor(key.key);
  const warnings = [
    ...members.flatMap((member) => describeValidity(member, now) ?? []),
    ...(names.length === 0 ? [NAMELESS] : []),
    ...(usable.versions.length > 1 ? [] : [rareKey(usable.kind)]),
    ...describeChain(chain, certificates),
  ];
  return {
    id,
    certificate,
    privateKey: key.pem,
    subjectAlternativeNames: names,
    notValidBefore: leaf.validFromDate,
    notValidAfter: leaf.validToDate,
    issuer: onOneLine(leaf.issuer),
    chain: members,
    keyType,
    key: usable,
    warnings: warnings.map((text) => `Certificate "${id}" ${text}`),
  };
}

const NAMELESS =
  "has no subject alternative name, so no client will find its server's name in it; have it issued again.";

function rareKey(kind: string): string {
  return `has an ${kind}, which hardly any client takes; make one on the curve P-256 and a certificate for it.`;
}

function parseCertificates(id: string, text: string): X509Certificate[] {
  const refuse = (problem: string) => new CertificateError("certificate-malformed", id, problem);
  const read = certificatesIn(text, { refuse, insteadOfKey: "swap `certificate` and `privateKey`" });
  return read.map(({ certificate }) => certificate);
}

/** The first key that matches one of the certificates. */
function pairOf(
  id: string,
  certificates: readonly X509Certificate[],
  keys: readonly PrivateKey[],
): { readonly chain: Chain; readonly key: PrivateKey } {
  for (const key of keys) {
    const chain = chainFrom(certificates, key.key);
    if (chain) return { chain, key };
  }
  // A key that TLS cannot use is reported as such.
  for (const { key } of keys) keyTypeOf(id, key);
  throw new CertificateError("private-key-mismatch", id, mismatch(certificates[0]));
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
