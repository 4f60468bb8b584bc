import { createPrivateKey, type KeyObject } from "node:crypto";
import { CertificateError } from "./certificate-error.ts";
import { insteadOfPem, isCertificate, isPrivateKey, type PemBlock, pemBlocks } from "./pem.ts";

export type KeyType = "rsa" | "ecdsa" | "ed25519";
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

export interface PrivateKey {
  readonly key: KeyObject;
  readonly pem: string;
}

/** Bits; required by OpenSSL's security level 2, and by every CA (Baseline Requirements 6.1.5). */
const SHORTEST_RSA = 2048;

/** Curves for which TLS 1.3 defines signatures (RFC 8446 4.2.3), by OpenSSL's names. */
const CURVES_OF_TLS_1_3: ReadonlySet<unknown> = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/** The private keys of a PEM text, in order. @throws CertificateError when there is none, or one is not supported */
export function parsePrivateKeys(id: string, text: string): [PrivateKey, ...PrivateKey[]] {
  const [first, ...more] = pemBlocks(text).filter(isPrivateKey);
  if (!first) throw malformed(id, withoutKey(text));
  return [parsePrivateKey(id, first), ...more.map((block) => parsePrivateKey(id, block))];
}

function parsePrivateKey(id: string, block: PemBlock): PrivateKey {
  if (block.encrypted) {
    throw malformed(
      id,
      "the private key is encrypted, and nobody is there to type its passphrase; decrypt it: openssl pkey -in FILE -out tls.key",
    );
  }
  if (block.flaw !== null) throw malformed(id, `the private key ${block.flaw}; copy it again`);
  if (block.label === "OPENSSH PRIVATE KEY") {
    throw malformed(
      id,
      "the private key is in OpenSSH's own form; convert it: ssh-keygen -p -N '' -m PKCS8 -f FILE, on a copy",
    );
  }
  try {
    return { key: createPrivateKey(block.text), pem: block.text };
  } catch {
    throw malformed(id, "the private key is damaged; copy it again, or make a new key and certificate");
  }
}

function withoutKey(text: string): string {
  const blocks = pemBlocks(text);
  if (blocks.some(isCertificate))
    return "a certificate stands where the private key should; swap `certificate` and `privateKey`";
  if (blocks.some(({ label }) => label.endsWith("PUBLIC KEY")))
    return "a public key stands where the private key should; give the private one";
  const how = insteadOfPem(text) ?? "convert it: openssl pkey -in FILE -out tls.key";
  return `the private key is not in PEM (a text with a line BEGIN PRIVATE KEY); ${how}`;
}

/** @throws CertificateError for a kind of key that is not supported for TLS here. */
export function keyTypeOf(id: string, key: KeyObject): KeyType {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  switch (kind) {
    case "rsa":
    case "rsa-pss": {
      const bits = details?.modulusLength ?? SHORTEST_RSA;
      if (bits >= SHORTEST_RSA) return "rsa";
      throw malformed(
        id,
        `the private key has ${bits} bits, too few for RSA in TLS today; make one of ${SHORTEST_RSA} or an ECDSA key, and a certificate for it`,
      );
    }
    case "ec":
      return "ecdsa";
    case "ed25519":
      return "ed25519";
    default:
      throw malformed(
        id,
        `the private key is of the kind ${kind}; make an RSA, ECDSA or Ed25519 key and a certificate for it`,
      );
  }
}

/** Which versions of TLS can authenticate the server with a key, and what the others lack. */
export function versionsFor(key: KeyObject): { readonly versions: readonly TlsVersion[]; readonly kind: string } {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec" && !CURVES_OF_TLS_1_3.has(namedCurve))
    return { versions: ["TLSv1.2"], kind: `ECDSA key on the curve ${namedCurve}` };
  return { versions: ["TLSv1.2", "TLSv1.3"], kind: `${key.asymmetricKeyType} key` };
}

function malformed(id: string, problem: string): CertificateError {
  return new CertificateError("private-key-malformed", id, problem);
}
