/** The account that a server without configured accounts starts with. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { canonicalAddress, canonicalDomain } from "../../config/addresses/canonical-address.ts";
import { createFile, type FileError, type ReadLimits, readFileIfThere, toFileError } from "../../files/index.ts";
import type { AccountEntry } from "./accounts.ts";
import { hashPassword, parseSecret } from "./password.ts";

/** Letters and digits that are not taken for one another: no `0 O o`, `1 I i l`. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH = 24;
const FILE = "administrator.json";
const LIMITS: ReadLimits = { maxSize: 65_536 };

/** The file that keeps the administrator cannot be used; the message says what to do. Never holds the hash. */
export class AdministratorError extends Error {
  readonly code = "invalid-administrator";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AdministratorError";
  }
}

export type Administrator =
  /** Made just now: the password is known this one time only. */
  | { readonly created: true; readonly address: string; readonly password: string; readonly account: AccountEntry }
  | { readonly created: false; readonly address: string; readonly account: AccountEntry };

/**
 * The administrator of a data folder: the one kept there, else a new `admin@<defaultHostname>` with a random password
 * of 24 characters. Only the password's scrypt hash is kept, in `administrator.json`, mode 0600. The address stays what
 * it was at first when `defaultHostname` changes, since the account's mail is kept under it.
 * @throws AdministratorError when the file is there and cannot be used, or cannot be written.
 */
export async function administrator(directory: string, defaultHostname: string): Promise<Administrator> {
  const file = join(directory, FILE);
  const kept = await readAdministrator(file);
  if (kept) return { created: false, address: kept.address, account: kept };
  const password = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  const address = `admin@${canonicalDomain(defaultHostname)}`;
  const account = { address, secret: await hashPassword(password), roles: ["admin"] };
  if (await keep(file, `${JSON.stringify(account, null, 2)}\n`)) {
    return { created: true, address, password, account };
  }
  // Another process that starts on the same folder was first.
  const other = await readAdministrator(file);
  if (!other) throw new AdministratorError(`${file} vanished while it was read; start again.`);
  return { created: false, address: other.address, account: other };
}

/** The administrator that a data folder keeps; null where none was made yet. @throws AdministratorError */
export function keptAdministrator(directory: string): Promise<AccountEntry | null> {
  return readAdministrator(join(directory, FILE));
}

async function readAdministrator(file: string): Promise<AccountEntry | null> {
  const found = await readFileIfThere(file, LIMITS).catch((cause: FileError) => {
    throw new AdministratorError(cause.message, { cause });
  });
  if (found === null) return null;
  const account = parseAdministrator(found.bytes.toString("utf8"));
  if (account) return account;
  throw new AdministratorError(
    `${file} is damaged. Restore it, or delete it to get an administrator with a new password.`,
  );
}

function parseAdministrator(text: string): AccountEntry | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("address" in value) || !("secret" in value)) return null;
    const { address, secret } = value;
    if (typeof address !== "string" || typeof secret !== "string") return null;
    if (canonicalAddress(address).domain === "" || parseSecret(secret).kind !== "scrypt") return null;
    return { address: canonicalAddress(address).text, secret, roles: ["admin"] };
  } catch {
    return null;
  }
}

/** Keeps it for good. @returns false when it was there already. @throws AdministratorError */
async function keep(file: string, text: string): Promise<boolean> {
  try {
    return await createFile(file, text);
  } catch (cause) {
    const { problem } = toFileError(file, cause);
    throw new AdministratorError(`The administrator cannot be kept in ${file}: ${problem}`, { cause });
  }
}
