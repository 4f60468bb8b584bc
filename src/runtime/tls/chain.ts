/** A certificate's chain: which certificate issued which, and what does not belong to it. */
import type { KeyObject, X509Certificate } from "node:crypto";
import { onOneLine } from "./validity.ts";

export interface Chain {
  /** The certificate that matches the key, then issuer after issuer. */
  readonly path: readonly [X509Certificate, ...X509Certificate[]];
  /** The others; they may help clients that build another path. */
  readonly rest: readonly X509Certificate[];
}

/** Null when the key matches none of the certificates. */
export function chainFrom(certificates: readonly X509Certificate[], key: KeyObject): Chain | null {
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (!leaf) return null;
  const path: [X509Certificate, ...X509Certificate[]] = [leaf];
  const rest = new Set(certificates);
  rest.delete(leaf);
  for (const last of path) {
    const issuer = [...rest].find((candidate) => issued(candidate, last));
    if (issuer && rest.delete(issuer)) path.push(issuer);
  }
  return { path, rest: [...rest] };
}

/** By name, key identifier and signature: an issuer may have had other keys under the same name. */
function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** What is wrong with the order or contents of a chain; follows `Certificate "ID" `. */
export function describeChain({ path, rest }: Chain, given: readonly X509Certificate[]): string[] {
  const last = path.at(-1);
  const served = [...path, ...rest];
  const reordered = served.some((one, index) => one !== given[index]);
  const foreign = rest
    .filter((one) => !served.some((other) => other !== one && (issued(one, other) || sameName(one, other))))
    .map((one) => {
      const missing = last && !isSelfIssued(last) ? ` (${onOneLine(last.issuer)} is not there)` : "";
      return `has a certificate in its chain, ${onOneLine(one.subject)}, that issued none of the others${missing}; give the chain that its issuer hands out.`;
    });
  const order =
    "has its chain in the wrong order, and is served in the right one; put the server's certificate first, then each issuer.";
  return [...foreign, ...(reordered ? [order] : [])];
}

/** Cross-signed: the same issuer, certified by another. */
function sameName(one: X509Certificate, other: X509Certificate): boolean {
  return one.subject === other.subject && one.publicKey.equals(other.publicKey);
}

function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}
