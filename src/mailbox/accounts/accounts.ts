import { canonicalAddress } from "../../config/addresses/canonical-address.ts";
import { type Account, AccountNames } from "./account-names.ts";
import type { QueuePlace } from "./fair-queue.ts";
import { costOf, decoyOf, parseSecret, type Secret, SecretError, verifyPassword } from "./password.ts";

/** An account as configured, its secret resolved: clear text or a scrypt hash. */
export interface AccountEntry {
  readonly address: string;
  readonly secret: string;
  readonly roles: readonly string[];
}

/** Who may log in, and whose mail is taken. Addresses are compared without regard to case. */
export interface Accounts {
  /** Domains of the accounts. */
  readonly domains: ReadonlySet<string>;
  /** The first account with the role `admin`, which gets the mail for `postmaster`. */
  readonly administrator: Account | undefined;
  find(address: string): Account | undefined;
  /**
   * Checks name and password.
   * @param place whose turn it is among the checks that wait.
   * @throws QueueFullError when too many checks wait; the signal's reason.
   */
  authenticate(username: string, password: string, place?: QueuePlace): Promise<Account | null>;
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

type AccountIssue = AccountsError["issues"][number];

interface Entry {
  readonly account: Account;
  readonly secret: Secret;
}

/**
 * The accounts of one configuration; a reload makes another directory. Addresses are compared without regard to case,
 * in the local part as in the domain.
 */
export class AccountDirectory implements Accounts {
  readonly #names = new AccountNames();
  readonly #entries = new Map<string, Entry>();
  /** The secret that is costliest to check. */
  #costliest: Secret | undefined;
  #decoy: Secret = decoyOf(undefined);

  /** @throws AccountsError naming every account with a bad address, a bad secret, or an address given before. */
  constructor(accounts: readonly AccountEntry[]) {
    this.#conclude(accounts.flatMap((account) => this.#add(account)));
  }

  /**
   * The same, where there may be thousands.
   * @param rest awaited before each: null while there is time left in this turn of the event loop
   * @throws AccountsError
   */
  static async inTurns(accounts: readonly AccountEntry[], rest: () => Promise<void> | null): Promise<AccountDirectory> {
    const directory = new AccountDirectory([]);
    const issues: AccountIssue[] = [];
    for (const account of accounts) {
      const pause = rest();
      if (pause) await pause;
      issues.push(...directory.#add(account));
    }
    directory.#conclude(issues);
    return directory;
  }

  /** Domains of the accounts. */
  get domains(): ReadonlySet<string> {
    return this.#names.domains;
  }

  /** All of them, in the order in which they were given. */
  get accounts(): Iterable<Account> {
    return this.#names;
  }

  /** The first account with the role `admin`, which gets the mail for `postmaster`. */
  get administrator(): Account | undefined {
    return this.#names.administrator;
  }

  find(address: string): Account | undefined {
    return this.#names.find(address);
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

  /** @returns what is wrong with it, if anything is */
  #add({ address, secret, roles }: AccountEntry): AccountIssue[] {
    const { text, local, domain } = canonicalAddress(address);
    const wrong = (message: string): AccountIssue[] => [{ address, message }];
    if (local === "" || domain === "") return wrong("is not an address; write it as name@domain.");
    if (this.#entries.has(text)) return wrong("is given twice; upper and lower case make no difference.");
    try {
      const entry = { account: { address: text, roles: [...roles] }, secret: parseSecret(secret) };
      this.#entries.set(text, entry);
      this.#names.add(entry.account);
      if (!this.#costliest || costOf(entry.secret) > costOf(this.#costliest)) this.#costliest = entry.secret;
      return [];
    } catch (error) {
      if (error instanceof SecretError) return wrong(error.message);
      throw error;
    }
  }

  #conclude(issues: readonly AccountIssue[]): void {
    if (issues.length > 0) throw new AccountsError(issues);
    this.#decoy = decoyOf(this.#costliest);
  }
}
