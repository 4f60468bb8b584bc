/** All certificates of a document, or the self-signed one when it has none. */
import { createHash } from "node:crypto";
import { type Configuration, isAcme, type LoadedDigests } from "../../config/index.ts";
import { resultsOf } from "../../config/values/thrown.ts";
import { Breather } from "../time/breather.ts";
import { type LoadedCertificate, loadCertificate } from "./certificates.ts";
import { type ClientAuthorities, loadClientAuthorities } from "./client-authorities.ts";
import { loadIssued, standIn } from "./issued-certificate.ts";
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
  /** Where issued certificates and a self-signed one are kept; null where neither is looked for. */
  readonly dataDirectory: string | null;
  /** A listener needs TLS: make a certificate when none is given. */
  readonly needed: boolean;
  /** The date that validity is judged by. */
  readonly now: Date;
}): Promise<ServerCertificates> {
  const { certificates, system, listeners } = options.configuration;
  const { dataDirectory } = options;
  const files = new Map<string, string>();
  const asked = await authoritiesOf(listeners, files);
  if (certificates.length === 0) {
    const clientAuthorities = byListener(resultsOf(asked));
    const served =
      options.needed && dataDirectory !== null ? await selfSigned({ ...options, dataDirectory }) : noCertificates;
    return { ...served, clientAuthorities, files, digest: digestOf(served.loaded, clientAuthorities) };
  }

  const breather = new Breather();
  const selfSignedOnce = once(() => madeSelfSigned({ ...options, dataDirectory: dataDirectory ?? "" }));
  const read = await Promise.allSettled(
    certificates.map(async (settings) => {
      if (!isAcme(settings)) return loadCertificate(settings, { now: options.now, loaded: files, breather });
      if (dataDirectory === null) return null;
      const issued = await loadIssued(settings, { dataDirectory, now: options.now });
      return issued ?? (options.needed ? standIn(settings.id, await selfSignedOnce()) : null);
    }),
  );
  // All mistakes at once, those of both kinds.
  resultsOf<unknown>([...asked, ...read]);
  const clientAuthorities = byListener(resultsOf(asked));
  const loaded = resultsOf(read).filter((certificate) => certificate !== null);
  return {
    loaded,
    clientAuthorities,
    defaultId: defaultAmong(loaded, system.defaultCertificateId),
    files,
    warnings: loaded.flatMap(({ warnings }) => warnings.map((text) => ({ code: "certificate", text }))),
    digest: digestOf(loaded, clientAuthorities),
    date: options.now,
  };
}

type AuthoritiesOfListener = readonly [listener: string, authorities: ClientAuthorities | null];

/** Of those listeners that ask their clients for certificates. */
function authoritiesOf(
  listeners: Configuration["listeners"],
  loaded: Map<string, string>,
): Promise<PromiseSettledResult<AuthoritiesOfListener>[]> {
  const asking = listeners.filter(({ tlsClientAuth }) => tlsClientAuth !== "none");
  return Promise.allSettled(
    asking.map(async (listener) => [listener.name, await loadClientAuthorities(listener, { loaded })] as const),
  );
}

function byListener(authorities: readonly AuthoritiesOfListener[]): ReadonlyMap<string, ClientAuthorities> {
  return new Map(authorities.flatMap(([listener, those]) => (those ? [[listener, those] as const] : [])));
}

/** Without a wish, one that was issued goes before one that was not yet; a check reads none that is ordered. */
function defaultAmong(loaded: readonly LoadedCertificate[], wanted: string | null): string | null {
  if (wanted === null) return loaded.find(({ isStandIn }) => !isStandIn)?.id ?? null;
  return loaded.some(({ id }) => id === wanted) || loaded.length === 0 ? wanted : null;
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** The same with another certificate in the place of the one with its id, or as one more. */
export function withCertificate(served: ServerCertificates, certificate: LoadedCertificate): ServerCertificates {
  const isThere = served.loaded.some(({ id }) => id === certificate.id);
  const loaded = isThere
    ? served.loaded.map((one) => (one.id === certificate.id ? certificate : one))
    : [...served.loaded, certificate];
  return { ...served, loaded, digest: digestOf(loaded, served.clientAuthorities) };
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

interface SelfSignedOf {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  readonly now: Date;
}

function madeSelfSigned({ configuration, dataDirectory, now }: SelfSignedOf) {
  return selfSignedCertificate({ hostname: configuration.system.defaultHostname, directory: dataDirectory, now });
}

async function selfSigned({
  configuration,
  dataDirectory,
  now,
}: SelfSignedOf): Promise<Omit<ServerCertificates, "clientAuthorities" | "files" | "digest">> {
  const hostname = configuration.system.defaultHostname;
  const certificate = await madeSelfSigned({ configuration, dataDirectory, now });
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
