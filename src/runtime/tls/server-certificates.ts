/** All certificates of a document, or the self-signed one when it has none. */
import { createHash } from "node:crypto";
import type { Configuration, LoadedDigests } from "../../config/index.ts";
import { Breather } from "../time/breather.ts";
import { type LoadedCertificate, loadCertificate } from "./certificates.ts";
import { selfSignedCertificate } from "./self-signed.ts";

export interface ServerCertificates {
  readonly loaded: readonly LoadedCertificate[];
  /** Served when SNI names none of the others. */
  readonly defaultId: string | null;
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
  const { certificates, system } = options.configuration;
  if (certificates.length === 0) return options.needed ? selfSigned(options) : noCertificates;

  const files = new Map<string, string>();
  const breather = new Breather();
  const outcomes = await Promise.allSettled(
    certificates.map((settings) => loadCertificate(settings, { now: options.now, loaded: files, breather })),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
  const loaded = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  return {
    loaded,
    defaultId: system.defaultCertificateId,
    files,
    warnings: loaded.flatMap(({ warnings }) => warnings.map((text) => ({ code: "certificate", text }))),
    digest: digestOf(loaded),
    date: options.now,
  };
}

function digestOf(certificates: readonly LoadedCertificate[]): string {
  const hash = createHash("sha256");
  for (const { id, certificate, privateKey } of certificates)
    hash.update(JSON.stringify([id, certificate, privateKey]));
  return hash.digest("base64");
}

export const noCertificates: ServerCertificates = {
  loaded: [],
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
}): Promise<ServerCertificates> {
  const hostname = configuration.system.defaultHostname;
  const certificate = await selfSignedCertificate({ hostname, directory: dataDirectory, now });
  const made = certificate.created ? "was made and kept" : "is used";
  const text =
    `No Certificate is configured: a self-signed one for ${hostname} ${made} (${certificate.files.certificate}). ` +
    "Clients will not trust it; configure a Certificate for real use.";
  return {
    loaded: [certificate],
    defaultId: certificate.id,
    files: new Map(),
    warnings: [{ code: "self-signed-certificate", text }],
    digest: digestOf([certificate]),
    date: now,
  };
}
