import { canonicalAddress } from "../../config/addresses/canonical-address.ts";
import type { QueuePlace } from "./fair-queue.ts";
import { costOf, decoyOf, parseSecret, type Secret, SecretError, verifyPassword } from "./password.ts";

/** An account as configured, its secret resolved: clear text or a scrypt hash. */
export interface AccountEntry {
  readonly address: string;
  readonly secret: string;
  readonly roles: readonly string[];
}

/** Somebody who may log in and whose mail is taken. */
export interface Account {
  /** In the form of `canonicalAddress`: lower case, A-labels. */
  readonly address: string;
  readonly roles: readonly string[];
}

/** One or more accounts cannot be used; all of them are named. Never holds a secret. */
export class AccountsError extends Error {
  readonly code = "invalid-accounts";
  readonly issues: readonly { readonly address: string; readonly message: string }[];

  constructor(issues: readonly { readonly address: string; readonly message: string }[]) {
    super(issues.map(({ address, message }) => `Account "${address}": ${message}`).join("\n"));
    this.name = "AccountsError";
    this.issues = issues;
  }
}

interface Entry {
  readonly account: Account;
  readonly secret: Secret;
}

/**
 * The accounts of one configuration; a reload makes another directory. Addresses are compared without regard to case,
 * in the local part as in the domain.
 */
export class AccountDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #decoy: Secret;
  /** Domains of the accounts. */
  readonly domains: ReadonlySet<string>;
  /** The first account with the role `admin`, which gets the mail for `postmaster`. */
  readonly administrator: Account | undefined;

  /** @throws AccountsError naming every account with a bad address, a bad secret, or an address given before. */
  constructor(accounts: readonly AccountEntry[]) {
    const domains = new Set<string>();
    const issues: { address: string; message: string }[] = [];
    for (const { address, secret, roles } of accounts) {
      const issue = this.#add({ address, secret, roles }, domains);
      if (issue) issues.push({ address, message: issue });
    }
    if (issues.length > 0) throw new AccountsError(issues);
    this.domains = domains;
    const all = [...this.#entries.values()];
    this.administrator = all.find(({ account }) => account.roles.includes("admin"))?.account;
    this.#decoy = decoyOf(all.map(({ secret }) => secret).sort((a, b) => costOf(b) - costOf(a))[0]);
  }

  find(address: string): Account | undefined {
    return this.#entries.get(canonicalAddress(address).text)?.account;
  }

  /**
   * Checks name and password. An unknown name costs as much as the account whose secret is costliest to check, and so
   * does an account with a clear-text secret: how long it takes does not tell which names exist. (Scrypt hashes of
   * different parameters can be told apart; give all accounts the same.)
   * @param place whose turn it is among the checks that wait.
   * @throws QueueFullError when too many checks wait; the signal's reason.
   */
  async authenticate(username: string, password: string, place: QueuePlace = {}): Promise<Account | null> {
    const entry = this.#entries.get(canonicalAddress(username).text);
    const scrypt = entry?.secret.kind === "scrypt";
    const fits = await verifyPassword(scrypt ? entry.secret : this.#decoy, password, place);
    if (!entry) return null;
    return (scrypt ? fits : await verifyPassword(entry.secret, password)) ? entry.account : null;
  }

  #add({ address, secret, roles }: AccountEntry, domains: Set<string>): string | undefined {
    const { text, local, domain } = canonicalAddress(address);
    if (local === "" || domain === "") return "is not an address; write it as name@domain.";
    if (this.#entries.has(text)) return "is given twice; upper and lower case make no difference.";
    try {
      this.#entries.set(text, { account: { address: text, roles: [...roles] }, secret: parseSecret(secret) });
    } catch (error) {
      if (error instanceof SecretError) return error.message;
      throw error;
    }
    domains.add(domain);
    return undefined;
  }
}
