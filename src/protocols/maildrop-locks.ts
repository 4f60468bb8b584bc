import { createHash } from "node:crypto";

/** Characters of a name that locks of every kind keep as it is. */
const longestName = 60;

/**
 * What all locks call a maildrop, whichever server or thread has them: a name of any length is told from all others. The
 * key of a key is the same.
 */
export function maildropKey(account: string): string {
  return account.length <= longestName ? account : createHash("sha256").update(account).digest("base64");
}

/** Which accounts' maildrops POP3 sessions have (RFC 1939 4): one session each. */
export interface MaildropLocks {
  /** By the account or its key. @returns whether it was free */
  take(account: string): boolean;
  release(account: string): void;
  has(account: string): boolean;
  /** The keys of those that are taken. */
  entries(): Iterable<string>;
}

/** For sessions of one thread. */
export class LocalMaildropLocks implements MaildropLocks {
  readonly #taken = new Set<string>();

  take(account: string): boolean {
    const key = maildropKey(account);
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  release(account: string): void {
    this.#taken.delete(maildropKey(account));
  }

  has(account: string): boolean {
    return this.#taken.has(maildropKey(account));
  }

  entries(): Iterable<string> {
    return this.#taken;
  }
}
