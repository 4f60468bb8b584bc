/** A worker's backend and mailboxes when the embedder has none: the main thread's accounts and its store, borrowed. */
import type { MessagePort } from "node:worker_threads";
import type { Configuration } from "./config/index.ts";
import { followingBackend, isMailWanted, wanted } from "./default-mailbox.ts";
import type { GatehouseOptions } from "./gatehouse-options.ts";
import {
  BorrowedAccounts,
  Borrower,
  borrowStore,
  type LentMail,
  type MailboxBackend,
  mailboxBackend,
  type Store,
} from "./mailbox/index.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import type { MaildropLocks } from "./protocols/maildrop-locks.ts";

export interface WorkerMailboxOptions {
  /** What the embedder's file exports. */
  readonly options: Pick<GatehouseOptions, "mailboxes" | "protocols">;
  readonly port: MessagePort;
  readonly dataDirectory: string;
  readonly locks: MaildropLocks;
  /** The thread's number. */
  readonly thread: number;
}

export class WorkerMailbox {
  readonly #options: WorkerMailboxOptions;
  readonly #borrower: Borrower;
  readonly mailboxes: Mailboxes;
  #store: Store | null = null;
  #inForce: MailboxBackend | null = null;
  /** Null where nobody can log in. */
  #accounts: BorrowedAccounts | null = null;

  constructor(options: WorkerMailboxOptions) {
    this.#options = options;
    this.#borrower = new Borrower(options.port);
    this.mailboxes = options.options.mailboxes ?? {
      open: async (identity) => wanted(this.#store).mailboxes.open(identity),
    };
  }

  readonly backend = followingBackend({ accounts: () => this.#accounts, inForce: () => this.#inForce });

  /** @param which whether the document is in force in the main thread, or comes next. @returns puts it into force here */
  async stage(configuration: Configuration, which: "staged" | "inForce"): Promise<() => void> {
    const mail = await this.#borrower.call("mail", which);
    const accounts = this.#accountsOf(mail);
    if (!mail.hasStore || !isMailWanted(this.#options.options, configuration))
      return () => {
        this.#accounts = accounts;
      };
    const { dataDirectory, locks, thread } = this.#options;
    this.#store ??= await borrowStore(dataDirectory, this.#borrower, { locks, thread });
    const store = this.#store;
    const { defaultHostname: hostname, recipientDelimiter } = configuration.system;
    const nobody = new BorrowedAccounts(this.#borrower, []);
    return () => {
      this.#accounts = accounts;
      this.#inForce = mailboxBackend({ store, accounts: () => this.#accounts ?? nobody, hostname, recipientDelimiter });
    };
  }

  /** Everything is bound: an administrator may have been made. */
  async bound(): Promise<void> {
    this.#accounts = this.#accountsOf(await this.#borrower.call("mail", "inForce"));
  }

  async release(): Promise<void> {
    await this.#store?.close();
  }

  #accountsOf({ accounts }: LentMail): BorrowedAccounts | null {
    return accounts && new BorrowedAccounts(this.#borrower, accounts);
  }
}
