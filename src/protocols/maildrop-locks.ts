/** Which accounts' maildrops POP3 sessions have (RFC 1939 4): one session each. */
export interface MaildropLocks {
  /** @returns whether it was free */
  take(account: string): boolean;
  release(account: string): void;
  has(account: string): boolean;
  /** Those that are taken. */
  entries(): Iterable<string>;
}

/** For sessions of one thread. */
export class LocalMaildropLocks implements MaildropLocks {
  readonly #taken = new Set<string>();

  take(account: string): boolean {
    if (this.#taken.has(account)) return false;
    this.#taken.add(account);
    return true;
  }

  release(account: string): void {
    this.#taken.delete(account);
  }

  has(account: string): boolean {
    return this.#taken.has(account);
  }

  entries(): Iterable<string> {
    return this.#taken;
  }
}
