/** All certificates of a document, or the self-signed one where it gives none. */
import type { Configuration } from "../../config/index.ts";
import { type LoadedCertificate, loadCertificate } from "./certificates.ts";
import { selfSignedCertificate } from "./self-signed.ts";

export interface ServerCertificates {
  readonly loaded: readonly LoadedCertificate[];
  /** Served when SNI names none of the others. */
  readonly defaultId: string | null;
  readonly warnings: readonly { readonly code: string; readonly text: string }[];
}

/**
 * Loads every certificate, so that one document shows all its errors at once.
 * @throws AggregateError of CertificateErrors
 */
export async function loadServerCertificates(options: {
  readonly configuration: Configuration;
  /** Where a self-signed certificate is kept. */
  readonly dataDirectory: string;
  /** A listener wants TLS: where no certificate is given, make one. */
  readonly needed: boolean;
}): Promise<ServerCertificates> {
  const { certificates, system } = options.configuration;
  if (certificates.length === 0) return options.needed ? selfSigned(options) : nothing;

  const outcomes = await Promise.allSettled(certificates.map((settings) => loadCertificate(settings)));
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
  const loaded = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  return {
    loaded,
    defaultId: system.defaultCertificateId,
    warnings: loaded.flatMap(({ warnings }) => warnings.map((text) => ({ code: "certificate", text }))),
  };
}

const nothing: ServerCertificates = { loaded: [], defaultId: null, warnings: [] };

async function selfSigned({
  configuration,
  dataDirectory,
}: {
  configuration: Configuration;
  dataDirectory: string;
}): Promise<ServerCertificates> {
  const hostname = configuration.system.defaultHostname;
  const certificate = await selfSignedCertificate({ hostname, directory: dataDirectory });
  const made = certificate.created ? "was made and kept" : "is used";
  const text =
    `No Certificate is configured: a self-signed one for ${hostname} ${made} (${certificate.files.certificate}). ` +
    "Clients will not trust it; configure a Certificate for real use.";
  return { loaded: [certificate], defaultId: certificate.id, warnings: [{ code: "self-signed-certificate", text }] };
}
