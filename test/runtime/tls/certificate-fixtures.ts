import { isIP } from "node:net";
import { generate } from "selfsigned";
import { checkCertificate, type LoadedCertificate } from "../../../src/runtime/tls/certificates.ts";

export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Wanted {
  /** Host names, IP addresses and mail addresses. */
  readonly names: readonly string[];
  readonly keyType?: "ec" | "rsa";
  readonly keySize?: number;
  readonly issuer?: KeyPair;
  readonly authority?: boolean;
  readonly commonName?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** The same for all: of two for one name, the one that is valid for a second longer would be served. */
const usual = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 365 * 86_400_000) };

/** A certificate of any shape, valid from a minute ago on for a year by default. */
export async function issue(wanted: Wanted): Promise<KeyPair> {
  const { names, keyType = "ec", keySize = 2048, issuer, authority = false } = wanted;
  const altNames = names.map((name) =>
    isIP(name)
      ? { type: 7 as const, ip: name }
      : { type: name.includes("@") ? (1 as const) : (2 as const), value: name },
  );
  const made = await generate([{ name: "commonName", value: wanted.commonName ?? names[0] ?? "nameless" }], {
    keyType,
    keySize,
    algorithm: "sha256",
    // Certificates count in whole seconds: one made for this very moment may not have begun yet.
    notBeforeDate: wanted.notBefore ?? usual.from,
    notAfterDate: wanted.notAfter ?? usual.to,
    ...(issuer && { ca: { cert: issuer.certificate, key: issuer.privateKey } }),
    extensions: [
      { name: "basicConstraints", cA: authority, critical: true },
      ...(authority ? [{ name: "keyUsage" as const, keyCertSign: true, critical: true }] : []),
      ...(altNames.length > 0 ? [{ name: "subjectAltName" as const, altNames }] : []),
    ],
  });
  return { certificate: `${made.cert.trim()}\n`, privateKey: `${made.private.trim()}\n` };
}

export async function loaded(id: string, wanted: Wanted): Promise<LoadedCertificate> {
  return checkCertificate({ id, ...(await issue(wanted)), now: new Date() });
}
