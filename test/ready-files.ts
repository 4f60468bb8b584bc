/** What servers make for themselves at first: certificates are made once, since that is a fifth of a start. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultHostname } from "../src/config/document/system.ts";
import { selfSignedCertificate } from "../src/runtime/tls/self-signed.ts";

/** The name of the server that has this document. */
function hostnameOf(document: unknown): string {
  const system: unknown = typeof document === "object" && document !== null && Reflect.get(document, "SystemSettings");
  const name: unknown = typeof system === "object" && system !== null && Reflect.get(system, "defaultHostname");
  return typeof name === "string" ? name : defaultHostname();
}

/**
 * An administrator whose password nobody knows. A server that makes one hashes a password as slowly as is safe, and so
 * slow is each log-in at it afterwards, whoever logs in.
 */
const administrator = {
  address: "admin@localhost",
  secret: "$scrypt$ln=4,r=8,p=1$bOvEZWdAH4E9UMAzyNzdhQ$8ZgMTVVnOWzHF1nNVsh4yQ",
  roles: ["admin"],
};

/** Puts both into a data folder, or leaves it to the server to make its administrator. */
export async function putReadyFiles(
  dataDirectory: string,
  document: unknown,
  { makesAdministrator = false }: { readonly makesAdministrator?: boolean } = {},
): Promise<void> {
  await putReadyCertificate(dataDirectory, hostnameOf(document));
  if (makesAdministrator) return;
  await writeFile(join(dataDirectory, "administrator.json"), JSON.stringify(administrator), { mode: 0o600 });
}

const made = new Map<string, Promise<string>>();

/** Puts one into a data folder, where a server of this name finds it as its own. */
async function putReadyCertificate(dataDirectory: string, hostname: string): Promise<void> {
  const ready = made.get(hostname) ?? make(hostname);
  made.set(hostname, ready);
  await writeFile(join(dataDirectory, "self-signed.key"), await ready, { mode: 0o600 });
}

async function make(hostname: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-ready-"));
  try {
    const { files } = await selfSignedCertificate({ hostname, directory });
    return await readFile(files.privateKey, "utf8");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
