/** PEM files of a private authority, by which engines and their clients prove to one another who they are. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issue } from "../tls/certificate-fixtures.ts";

export interface CertificateFiles {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Of a new authority; those that are there already are replaced. */
export async function writeCertificates(folder: string): Promise<CertificateFiles> {
  const authority = await issue({ names: [], commonName: "Authority of the engines", authority: true });
  const own = await issue({ names: ["127.0.0.1"], issuer: authority });
  const files = {
    ...{ caFile: join(folder, "ca.pem"), certificateFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") },
  };
  await writeFile(files.caFile, authority.certificate);
  await writeFile(files.certificateFile, own.certificate);
  await writeFile(files.keyFile, own.privateKey, { mode: 0o600 });
  return files;
}

/** As Redis's command line takes them. */
export function tlsOptions({ caFile, certificateFile, keyFile }: CertificateFiles): readonly string[] {
  return ["--tls-ca-cert-file", caFile, "--tls-cert-file", certificateFile, "--tls-key-file", keyFile];
}

/** As the URL of an engine has them, with the question mark. */
export function inUrl(files: CertificateFiles | null, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...files, ...more });
  return query.size === 0 ? "" : `?${query}`;
}
