import { canonicalAddress } from "../../config/addresses/canonical-address.ts";
import type { Identity } from "../../protocols/backend.ts";
import type { AccountMail, Mailboxes, MailboxLimits } from "../../protocols/mailbox.ts";
import { LocalMaildropLocks, type MaildropLocks } from "../../protocols/maildrop-locks.ts";
import { toMailboxError } from "../store/failure.ts";
import type { MaildropArbiter } from "../store/neighbour.ts";
import type { ChangeSet } from "../store/store-calls.ts";
import { allReported, type CommitReports } from "../store/store-line.ts";
import type { StorePort } from "../store/store-port.ts";
import { Neighbours } from "./neighbours.ts";
import { SharedMailbox } from "./shared-mailbox.ts";
import { StoredAccount } from "./stored-account.ts";
import { StoredMailbox } from "./stored-mailbox.ts";
import { readMaildrop, StoredMaildrop } from "./stored-maildrop.ts";
import { readPage } from "./summary-pages.ts";

export interface StoreMailboxesOptions {
  readonly limits: MailboxLimits;
  /** How changes by other threads are heard of; there are none by default. */
  readonly reports?: CommitReports;
  /** Those of this thread alone by default. */
  readonly locks?: MaildropLocks;
  /** Decides who of several servers has a maildrop, where another thread has the neighbours. */
  readonly arbiter?: MaildropArbiter;
  /** Tells the sessions of this thread from those of others. */
  readonly thread?: number;
}

/** Views of one thread. */
const viewsOfThread = 2 ** 40;

/** The mailboxes of a store, and who has which of them open. */
export class StoreMailboxes implements Mailboxes {
  readonly #store: StorePort;
  readonly #reports: CommitReports;
  readonly limits: MailboxLimits;
  /** By UIDVALIDITY. */
  readonly #shared = new Map<number, SharedMailbox>();
  /** Other servers that have the store open. */
  readonly neighbours: Neighbours;
  #viewId: number;

  constructor(store: StorePort, options: StoreMailboxesOptions) {
    const { limits, reports = allReported, locks = new LocalMaildropLocks(), arbiter = null, thread = 0 } = options;
    this.#store = store;
    this.#reports = reports;
    this.limits = limits;
    this.#viewId = thread * viewsOfThread;
    const elsewhere = {
      changedElsewhere: (changes: readonly ChangeSet[]) => {
        this.#take(changes);
        reports.pass(changes);
      },
      lostElsewhere: () => {
        this.#reload();
        reports.pass(null);
      },
    };
    this.neighbours = new Neighbours(elsewhere, { locks, arbiter });
  }

  async open({ username }: Identity): Promise<AccountMail> {
    // As deliveries name it, also where an embedder decides who logs in.
    const account = canonicalAddress(username).text;
    try {
      await this.#store.write("open", { account });
    } catch (error) {
      throw toMailboxError(error);
    }
    return new StoredAccount({ store: this.#store, mailboxes: this, account });
  }

  /** What commits changed, in their order. */
  changed(changes: readonly ChangeSet[]): void {
    this.#take(changes);
    this.neighbours.changed(changes);
  }

  /** A commit may have been made that was never reported. */
  lost(): void {
    this.#reload();
    this.neighbours.lost();
  }

  #take(changes: readonly ChangeSet[]): void {
    for (const change of changes) this.#shared.get(change.mailbox)?.take(change);
  }

  #reload(): void {
    for (const [mailbox, shared] of this.#shared) {
      shared.reload().catch((error: unknown) => {
        if (toMailboxError(error).code === "mailbox-missing") shared.take({ type: "deleted", mailbox, view: null });
      });
    }
  }

  /** @param mailbox UIDVALIDITY. @throws MailboxError */
  async select(
    mailbox: number,
    { readOnly, onClose }: { readonly readOnly: boolean; readonly onClose: (view: StoredMailbox) => void },
  ): Promise<StoredMailbox> {
    const shared = this.#sharedMailbox(mailbox);
    try {
      return await shared.expecting(async () => {
        const selected = await this.#store.write("select", { mailbox, notifiedUntil: shared.notifiedUntil, readOnly });
        await shared.load(selected);
        this.#viewId += 1;
        return new StoredMailbox({
          ...{
            id: this.#viewId,
            store: this.#store,
            limits: this.limits,
            shared,
            uidValidity: mailbox,
            readOnly,
            selected,
          },
          refresh: () => this.#reports.catchUp(),
          onClose: (view) => {
            this.#left(shared, view);
            onClose(view);
          },
        });
      });
    } catch (error) {
      throw toMailboxError(error);
    } finally {
      this.#drop(shared, mailbox);
    }
  }

  /** A session that has the mailbox open has been notified of all messages below this UID. */
  notifiedUntil(mailbox: number): number {
    return this.#shared.get(mailbox)?.notifiedUntil ?? 1;
  }

  /** @param inbox UIDVALIDITY of the account's INBOX. @throws MailboxError `maildrop-locked` */
  async lockMaildrop(account: string, inbox: () => Promise<number>): Promise<StoredMaildrop> {
    const asked = this.neighbours.take(account);
    if (asked) await asked;
    const onRelease = () => this.neighbours.release(account);
    try {
      const mailbox = await inbox();
      const messages = await readMaildrop(this.#store, mailbox);
      return new StoredMaildrop({ store: this.#store, mailbox, messages, onRelease });
    } catch (error) {
      onRelease();
      throw toMailboxError(error);
    }
  }

  #sharedMailbox(mailbox: number): SharedMailbox {
    let shared = this.#shared.get(mailbox);
    if (!shared) {
      shared = new SharedMailbox((after) => readPage(this.#store, { mailbox, after }));
      this.#shared.set(mailbox, shared);
      this.#reports.follow(mailbox);
    }
    return shared;
  }

  #left(shared: SharedMailbox, view: StoredMailbox): void {
    shared.leave(view);
    const { notifiedUntil } = shared;
    if (!view.readOnly && notifiedUntil > view.uidNext) {
      // When this fails, messages are recent once more: no harm.
      this.#store.write("markRecent", { mailbox: view.uidValidity, notifiedUntil }).catch(() => {});
    }
    this.#drop(shared, view.uidValidity);
  }

  #drop(shared: SharedMailbox, mailbox: number): void {
    if (shared.isInUse || this.#shared.get(mailbox) !== shared) return;
    this.#shared.delete(mailbox);
    this.#reports.unfollow(mailbox);
  }
}
