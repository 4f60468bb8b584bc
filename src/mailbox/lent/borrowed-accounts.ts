import { type Account, AccountNames } from "../accounts/account-names.ts";
import type { Accounts } from "../accounts/accounts.ts";
import type { QueuePlace } from "../accounts/fair-queue.ts";
import type { Borrower } from "./borrower.ts";

/** Accounts whose secrets another thread has, and checks: one queue for all threads, and the same accounts for all. */
export class BorrowedAccounts implements Accounts {
  readonly #names = new AccountNames();
  readonly #borrower: Borrower;

  constructor(borrower: Borrower, accounts: readonly Account[]) {
    this.#borrower = borrower;
    for (const account of accounts) this.#names.add(account);
  }

  get domains(): ReadonlySet<string> {
    return this.#names.domains;
  }

  get administrator(): Account | undefined {
    return this.#names.administrator;
  }

  find(address: string): Account | undefined {
    return this.#names.find(address);
  }

  authenticate(username: string, password: string, { line = "", signal }: QueuePlace = {}): Promise<Account | null> {
    return this.#borrower.call("authenticate", { username, password, line }, signal);
  }
}
