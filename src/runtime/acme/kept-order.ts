/** What outlives the process: issued certificates, the order under way with its key, failures, and accounts. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { AcmeCertificate } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { createFile, readFileIfThere, replaceFile } from "../../files/index.ts";
import { acmeFolder, issuedFile } from "../tls/issued-certificate.ts";
import { AcmeError } from "./acme-error.ts";
import { newPrivateKey } from "./jws.ts";

const LIMITS = { maxSize: 256 * 1024 };

const keptOrder = z.object({
  /** The directory that the certificate on disk was issued from; null before the first. */
  issuedFrom: z.string().nullable(),
  /** When it came into force, in Unix time in milliseconds. */
  issuedAt: z.number(),
  /** The order under way. */
  order: z
    .object({
      url: z.string(),
      directory: z.string(),
      domains: z.array(z.string()),
      /** PEM. On disk before the certificate is issued, so that no crash can separate the two. */
      privateKey: z.string(),
    })
    .nullable(),
  failures: z.number(),
  /** Unix time in milliseconds. */
  retryAt: z.number(),
});

export type KeptOrder = z.output<typeof keptOrder>;

const nothing: KeptOrder = { issuedFrom: null, issuedAt: 0, order: null, failures: 0, retryAt: 0 };

const keptRenewal = z.object({
  /** What the authority has suggested, and for which certificate. */
  window: z.string(),
  /** The moment that was drawn from it: Unix time in milliseconds. */
  at: z.number(),
  /** When the authority is asked again. */
  lookAt: z.number(),
});

/** One for all nodes of a fleet: they renew at the same moment. */
export type KeptRenewal = z.output<typeof keptRenewal>;

/** What the nodes of a fleet know of a certificate together. */
export const fleetCertificate = z.object({
  kept: keptOrder,
  /** The key and the chain that was issued last; null before the first. */
  pem: z.string().nullable(),
  renewal: keptRenewal.nullable(),
});

export type FleetCertificate = z.output<typeof fleetCertificate>;

const keptAccount = z.object({ directory: z.string(), privateKey: z.string() });

export class KeptOrders {
  readonly #dataDirectory: string;
  readonly #folder: string;
  readonly #writing = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory;
    this.#folder = acmeFolder(dataDirectory);
  }

  /** Nothing is written once this has resolved: the folder may be removed, or another server's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#writing);
  }

  /** A damaged one is none. @throws AcmeError `acme-files` */
  async read(id: string): Promise<KeptOrder> {
    return (await this.#read(`${id}.json`, keptOrder)) ?? nothing;
  }

  /** @throws AcmeError `acme-files` */
  async write(id: string, kept: KeptOrder): Promise<void> {
    await this.#write(() => replaceFile(join(this.#folder, `${id}.json`), JSON.stringify(kept), { mode: 0o600 }));
  }

  /** Keeps what was issued, with its key. @throws AcmeError `acme-files` */
  async writeIssued(id: string, pem: string): Promise<void> {
    await this.#write(() => replaceFile(issuedFile(this.#dataDirectory, id), pem, { mode: 0o600 }));
  }

  /** The key of the account at an authority: made when there is none, and then always the same. @throws AcmeError */
  async accountKey(directory: string, eabKeyId: string | null = null): Promise<string> {
    const name = accountFile(directory, eabKeyId);
    const kept = await this.#read(name, keptAccount);
    if (kept) return kept.privateKey;
    const made = { directory, privateKey: newPrivateKey() };
    const created = await this.#write(() => createFile(join(this.#folder, name), JSON.stringify(made)));
    if (created) return made.privateKey;
    // Another process was faster, or the file is damaged.
    const theirs = await this.#read(name, keptAccount);
    if (theirs) return theirs.privateKey;
    const path = join(this.#folder, name);
    throw new AcmeError(
      "acme-files",
      `${path} does not hold the key of an account. Restore it, or remove it for another account.`,
    );
  }

  /** Keeps the key that all nodes of a fleet use. @throws AcmeError `acme-files` */
  async writeAccountKey(privateKey: string, directory: string, eabKeyId: string | null): Promise<void> {
    const path = join(this.#folder, accountFile(directory, eabKeyId));
    await this.#write(() => replaceFile(path, JSON.stringify({ directory, privateKey }), { mode: 0o600 }));
  }

  async #read<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema> | null> {
    const found = await this.#files(() => readFileIfThere(join(this.#folder, name), LIMITS));
    if (found === null) return null;
    try {
      const read = schema.safeParse(JSON.parse(found.bytes.toString("utf8")));
      return read.success ? read.data : null;
    } catch {
      return null;
    }
  }

  async #write<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new AcmeError("acme-files", "The server ends, so nothing more is kept.");
    const written = this.#files(call);
    this.#writing.add(written);
    try {
      return await written;
    } finally {
      this.#writing.delete(written);
    }
  }

  async #files<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (cause) {
      const text = `${messageOf(cause)} Check the owner and mode of the folder, and the space left.`;
      throw new AcmeError("acme-files", text, { cause });
    }
  }
}

function accountFile(directory: string, eabKeyId: string | null): string {
  return `accounts/${accountName(directory, eabKeyId)}.json`;
}

/** By which the key of an account is known. */
export function accountName(directory: string, eabKeyId: string | null): string {
  const whose = eabKeyId === null ? directory : `${directory} ${eabKeyId}`;
  return createHash("sha256").update(whose).digest("hex").slice(0, 16);
}

/** The same for all nodes of a fleet that want the same. */
export function certificateName({
  directory,
  eabKeyId,
  domains,
}: Pick<AcmeCertificate, "directory" | "eabKeyId" | "domains">): string {
  const wanted = JSON.stringify([directory, eabKeyId, [...domains].sort()]);
  return createHash("sha256").update(wanted).digest("hex").slice(0, 32);
}
