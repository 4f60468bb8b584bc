/** The certificates and requests that ACME needs, by `@peculiar/x509`, which is loaded when the first is made. */
import { createHash, createPrivateKey, webcrypto } from "node:crypto";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;
/** id-pe-acmeIdentifier (RFC 8737 section 3). */
const ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31";

/** The request for a certificate (RFC 2986) for these names, in DER and base64url. */
export async function certificateRequest(domains: readonly string[], privateKey: string): Promise<string> {
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await import("@peculiar/x509");
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      keys: await keyPair(privateKey),
      signingAlgorithm: ALGORITHM,
      extensions: [new SubjectAlternativeNameExtension(domains.map((value) => ({ type: "dns", value })))],
    },
    webcrypto as Crypto,
  );
  return Buffer.from(request.rawData).toString("base64url");
}

/** The self-signed certificate that answers tls-alpn-01 for a name (RFC 8737 section 3). */
export async function challengeCertificate(
  { domain, keyAuthorization }: { readonly domain: string; readonly keyAuthorization: string },
  privateKey: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const { Extension, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import("@peculiar/x509");
  const digest = createHash("sha256").update(keyAuthorization).digest();
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=ACME challenge",
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + 7 * DAY),
      keys: await keyPair(privateKey),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: "dns", value: domain }]),
        // An OCTET STRING of 32 octets in DER.
        new Extension(ACME_IDENTIFIER, true, Buffer.concat([Buffer.of(4, digest.length), digest])),
      ],
    },
    webcrypto as Crypto,
  );
  return { cert: certificate.toString("pem"), key: privateKey };
}

/** By which an authority knows a certificate (RFC 9773 section 4.1); null without a key identifier of its issuer. */
export async function renewalId(certificate: string): Promise<string | null> {
  const { AuthorityKeyIdentifierExtension, X509Certificate } = await import("@peculiar/x509");
  const read = new X509Certificate(certificate);
  const keyId = read.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  if (keyId === undefined) return null;
  const hex = read.serialNumber.length % 2 === 0 ? read.serialNumber : `0${read.serialNumber}`;
  const serial = Buffer.from(hex, "hex");
  const integer = (serial[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial;
  return `${Buffer.from(keyId, "hex").toString("base64url")}.${integer.toString("base64url")}`;
}

async function keyPair(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const pkcs8 = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  const privateKey = await subtle.importKey("pkcs8", pkcs8, ALGORITHM, true, ["sign"]);
  const { d: _, key_ops: __, ...jwk } = await subtle.exportKey("jwk", privateKey);
  const publicKey = await subtle.importKey("jwk", { ...jwk, key_ops: ["verify"] }, ALGORITHM, true, ["verify"]);
  return { privateKey, publicKey };
}
