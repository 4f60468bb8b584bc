import { isIP } from "node:net";
import type { LoadedCertificate } from "./certificates.ts";

/** Certificates for one server name: at most one of each kind of key, so that every client finds a kind that it knows. */
export type CertificatesOfName = readonly LoadedCertificate[];

/**
 * Which certificates answer to which name: exact names, and wildcards as `*.example.com`. Of two with the same name
 * and kind of key the first serves.
 */
export function certificatesByName(certificates: readonly LoadedCertificate[]): Map<string, CertificatesOfName> {
  const byName = new Map<string, LoadedCertificate[]>();
  for (const certificate of certificates) {
    for (const name of certificate.subjectAlternativeNames) {
      if (isIP(name)) continue;
      const others = byName.get(name);
      if (!others) byName.set(name, [certificate]);
      else if (!others.some((other) => other.keyType === certificate.keyType)) others.push(certificate);
    }
  }
  return byName;
}

/** The entry for a name asked for by SNI: the exact name, else a wildcard for its first label (RFC 6125 6.4.3). */
export function findByServerName<Entry>(byName: ReadonlyMap<string, Entry>, serverName: string): Entry | undefined {
  const name = serverName.toLowerCase().replace(/\.$/, "");
  const dot = name.indexOf(".");
  return byName.get(name) ?? (dot > 0 ? byName.get(`*${name.slice(dot)}`) : undefined);
}

/**
 * The certificates for clients that ask for no name or an unknown one: the default one, and for clients that do not
 * know its kind of key others which bear every one of its names.
 */
export function defaultCertificates(
  certificates: readonly LoadedCertificate[],
  preferred: LoadedCertificate,
): CertificatesOfName {
  const chosen = [preferred];
  for (const certificate of certificates) {
    const kindIsNew = !chosen.some((other) => other.keyType === certificate.keyType);
    const bears = (name: string) => certificate.subjectAlternativeNames.includes(name);
    const names = preferred.subjectAlternativeNames;
    if (kindIsNew && names.length > 0 && names.every(bears)) chosen.push(certificate);
  }
  return chosen;
}
