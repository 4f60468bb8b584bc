/** Which certificates serve which server name at one moment. */
import { isIP } from "../../config/addresses/ip-address.ts";
import type { LoadedCertificate } from "./certificates.ts";
import { spanOf, validityAt } from "./validity.ts";

/**
 * Certificates for one server name: at most one of each kind of key, so that every client finds a kind it supports.
 */
export type CertificatesOfName = readonly LoadedCertificate[];

export interface CertificateChoice {
  /** For clients that name no server or an unknown one. */
  readonly defaults: CertificatesOfName;
  /** Exact names, and wildcards as `*.example.com`. */
  readonly byName: ReadonlyMap<string, CertificatesOfName>;
}

/**
 * Of several certificates with the same name and kind of key, one whose whole chain is valid precedes one that has
 * expired or has not begun, then the one that is valid for longer, then the default one, then the first.
 * @param preferred the default certificate
 */
export function chooseCertificates(
  certificates: readonly LoadedCertificate[],
  preferred: LoadedCertificate,
  now: Date,
): CertificateChoice {
  const ranked = [preferred, ...certificates.filter((certificate) => certificate !== preferred)]
    .map((certificate) => ({ certificate, ...rankOf(certificate, now) }))
    // A stable sort: equal ones keep the document's order.
    .sort((a, b) => Number(b.valid) - Number(a.valid) || b.end - a.end);
  const inOrder = ranked.map(({ certificate }) => certificate);
  const valid = new Set(ranked.flatMap(({ certificate, valid: isValid }) => (isValid ? [certificate] : [])));
  return { defaults: defaultsAmong(inOrder, { preferred, valid }), byName: certificatesByName(inOrder) };
}

/** Two of them are equal when the same certificates serve the same names. */
export function choiceKey({ defaults, byName }: CertificateChoice): string {
  const ids = (ofName: CertificatesOfName) => ofName.map(({ id }) => id);
  return JSON.stringify([ids(defaults), [...byName].map(([name, ofName]) => [name, ids(ofName)]).sort()]);
}

function rankOf({ chain }: LoadedCertificate, now: Date): { readonly valid: boolean; readonly end: number } {
  const span = spanOf(chain);
  const validity = validityAt(span, now);
  return { valid: validity === "valid" || validity === "expiring", end: span.notValidAfter.getTime() };
}

function certificatesByName(certificates: readonly LoadedCertificate[]): Map<string, CertificatesOfName> {
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

/**
 * The default one while it is valid, else the best with its kind of key and its names; and for clients that do not
 * support its kind of key, others that have every one of its names.
 */
function defaultsAmong(
  certificates: readonly LoadedCertificate[],
  { preferred, valid }: { readonly preferred: LoadedCertificate; readonly valid: ReadonlySet<LoadedCertificate> },
): CertificatesOfName {
  const names = preferred.subjectAlternativeNames;
  const standIns = certificates.filter(
    ({ subjectAlternativeNames }) => names.length > 0 && names.every((name) => subjectAlternativeNames.includes(name)),
  );
  const sameKind = standIns.find((other) => other.keyType === preferred.keyType);
  const chosen = [valid.has(preferred) ? preferred : (sameKind ?? preferred)];
  for (const certificate of standIns)
    if (!chosen.some(({ keyType }) => keyType === certificate.keyType)) chosen.push(certificate);
  return chosen;
}

/** The entry for a name requested by SNI: the exact name, else a wildcard for its first label (RFC 6125 6.4.3). */
export function findByServerName<Entry>(byName: ReadonlyMap<string, Entry>, serverName: string): Entry | undefined {
  const name = serverName.toLowerCase().replace(/\.$/, "");
  const dot = name.indexOf(".");
  return byName.get(name) ?? (dot > 0 ? byName.get(`*${name.slice(dot)}`) : undefined);
}
