/** What secures the connections to an engine, as far as its URL names files for it. */
import { createSecureContext } from "node:tls";
import { messageOf } from "../../config/values/thrown.ts";
import { resolveText } from "../tls/secret-text.ts";
import type { EngineTlsFiles } from "./engine-place.ts";
import { FleetError } from "./fleet-error.ts";

/** As node-redis takes it; texts are PEM. */
export interface EngineTls {
  readonly tls: true;
  /** Whom to trust, instead of the authorities that Node does. */
  readonly ca?: string;
  /** What this node proves itself by, with those in between. */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads the files, which may have been replaced since. @param files null: not secured
 * @throws CredentialError for a file that cannot be read; FleetError `engine-tls` for one that cannot be used
 */
export async function readEngineTls(files: EngineTlsFiles | null): Promise<EngineTls | null> {
  if (files === null) return null;
  const [ca, cert, key] = await Promise.all([files.caFile, files.certificateFile, files.keyFile].map(textOf));
  const read = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  try {
    createSecureContext(read);
  } catch (cause) {
    const text = `The files that SystemSettings.cluster.url names cannot be used: ${messageOf(cause)}. Give PEM files: the certificate of the authority, this node's certificate, and its key.`;
    throw new FleetError("engine-tls", text, { cause });
  }
  return { tls: true, ...read };
}

async function textOf(filePath: string | null): Promise<string | null> {
  return filePath === null ? null : resolveText({ "@type": "File", filePath });
}

export function isSameTls(one: EngineTls | null, other: EngineTls | null): boolean {
  return one?.ca === other?.ca && one?.cert === other?.cert && one?.key === other?.key;
}
