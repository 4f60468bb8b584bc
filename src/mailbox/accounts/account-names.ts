import { canonicalAddress } from "../../config/addresses/canonical-address.ts";

/** Somebody who may log in and whose mail is taken. */
export interface Account {
  /** In the form of `canonicalAddress`: lower case, A-labels. */
  readonly address: string;
  readonly roles: readonly string[];
}

/** Accounts by their addresses, without regard to case. */
export class AccountNames {
  readonly #accounts = new Map<string, Account>();
  readonly #domains = new Set<string>();
  #administrator: Account | undefined;

  get domains(): ReadonlySet<string> {
    return this.#domains;
  }

  get administrator(): Account | undefined {
    return this.#administrator;
  }

  /** In the order of the accounts. */
  [Symbol.iterator](): Iterator<Account> {
    return this.#accounts.values();
  }

  find(address: string): Account | undefined {
    return this.#accounts.get(canonicalAddress(address).text);
  }

  add(account: Account): void {
    this.#accounts.set(account.address, account);
    this.#domains.add(canonicalAddress(account.address).domain);
    if (account.roles.includes("admin")) this.#administrator ??= account;
  }
}
