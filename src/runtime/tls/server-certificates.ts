/** All certificates of a document, or the self-signed one when it has none. */
import { createHash } from "node:crypto";
import type { Configuration, LoadedDigests } from "../../config/index.ts";
import { Breather } from "../time/breather.ts";
import { type LoadedCertificate, loadCertificate } from "./certificates.ts";
import { type ClientAuthorities, loadClientAuthorities } from "./client-authorities.ts";
import { selfSignedCertificate } from "./self-signed.ts";

export interface ServerCertificates {
  readonly loaded: readonly LoadedCertificate[];
  /** Served when SNI names none of the others. */
  readonly defaultId: string | null;
  /** Those of the clients of each listener that asks for certificates, by its name. */
  readonly clientAuthorities: ReadonlyMap<string, ClientAuthorities>;
  /** Digests of the files that were read, by file; the self-signed one's are not among them. */
  readonly files: LoadedDigests;
  readonly warnings: readonly { readonly code: string; readonly text: string }[];
  /** Equal when the same certificates and keys are served; reveals nothing about the keys. */
  readonly digest: string;
  /** When their validity was checked. */
  readonly date: Date;
}

/**
 * Loads every certificate, so that one document shows all its errors at once.
 * @throws AggregateError of CertificateErrors
 */
export async function loadServerCertificates(options: {
  readonly configuration: Configuration;
  /** Where a self-signed certificate is kept. */
  readonly dataDirectory: string;
  /** A listener needs TLS: make a certificate when none is given. */
  readonly needed: boolean;
  /** The date that validity is judged by. */
  readonly now: Date;
}): Promise<ServerCertificates> {
  const { certificates, system, listeners } = options.configuration;
  const files = new Map<string, string>();
  const [asked] = await Promise.allSettled([loadAll(listeners, files)]);
  if (certificates.length === 0) {
    if (asked.status === "rejected") throw asked.reason;
    const clientAuthorities = asked.value;
    const served = options.needed ? await selfSigned(options) : noCertificates;
    return { ...served, clientAuthorities, files, digest: digestOf(served.loaded, clientAuthorities) };
  }

  const breather = new Breather();
  const outcomes = await Promise.allSettled(
    certificates.map((settings) => loadCertificate(settings, { now: options.now, loaded: files, breather })),
  );
  const errors = [asked, ...outcomes].flatMap((outcome) => {
    if (outcome.status === "fulfilled") return [];
    return outcome.reason instanceof AggregateError ? outcome.reason.errors : [outcome.reason];
  });
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
  const loaded = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const clientAuthorities = asked.status === "fulfilled" ? asked.value : new Map();
  return {
    loaded,
    clientAuthorities,
    defaultId: system.defaultCertificateId,
    files,
    warnings: loaded.flatMap(({ warnings }) => warnings.map((text) => ({ code: "certificate", text }))),
    digest: digestOf(loaded, clientAuthorities),
    date: options.now,
  };
}

/** @throws AggregateError of ClientAuthorityErrors */
async function loadAll(
  listeners: Configuration["listeners"],
  loaded: Map<string, string>,
): Promise<ReadonlyMap<string, ClientAuthorities>> {
  const asking = listeners.filter(({ tlsClientAuth }) => tlsClientAuth !== "none");
  const outcomes = await Promise.allSettled(asking.map((listener) => loadClientAuthorities(listener, { loaded })));
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
  return new Map(
    outcomes.flatMap((outcome, index) => {
      const authorities = outcome.status === "fulfilled" ? outcome.value : null;
      return authorities ? [[asking[index]?.name ?? "", authorities] as const] : [];
    }),
  );
}

function digestOf(
  certificates: readonly LoadedCertificate[],
  authorities: ReadonlyMap<string, ClientAuthorities> = new Map(),
): string {
  const hash = createHash("sha256");
  for (const [listener, { digest }] of authorities) hash.update(JSON.stringify([listener, digest]));
  for (const { id, certificate, privateKey } of certificates)
    hash.update(JSON.stringify([id, certificate, privateKey]));
  return hash.digest("base64");
}

export const noCertificates: ServerCertificates = {
  loaded: [],
  clientAuthorities: new Map(),
  defaultId: null,
  files: new Map(),
  warnings: [],
  digest: digestOf([]),
  date: new Date(0),
};

async function selfSigned({
  configuration,
  dataDirectory,
  now,
}: {
  configuration: Configuration;
  dataDirectory: string;
  now: Date;
}): Promise<Omit<ServerCertificates, "clientAuthorities" | "files" | "digest">> {
  const hostname = configuration.system.defaultHostname;
  const certificate = await selfSignedCertificate({ hostname, directory: dataDirectory, now });
  const made = certificate.created ? "was made and kept" : "is used";
  const text =
    `No Certificate is configured: a self-signed one for ${hostname} ${made} (${certificate.files.certificate}). ` +
    "Clients will not trust it; configure a Certificate for real use.";
  return {
    loaded: [certificate],
    defaultId: certificate.id,
    warnings: [{ code: "self-signed-certificate", text }],
    date: now,
  };
}
