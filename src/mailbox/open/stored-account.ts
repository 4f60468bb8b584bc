import {
  type AccountMail,
  type Appended,
  type AppendRequest,
  INBOX,
  type Mailbox,
  type MailboxEntry,
  MailboxError,
  type MailboxLimits,
  type MailboxStatus,
  type Maildrop,
  type Quota,
  type Scripts,
  SPECIAL_USES,
} from "../../protocols/mailbox.ts";
import { parseFlags } from "../database/flags.ts";
import { canonicalName, compareNames, superiorsOf } from "../database/mailbox-names.ts";
import { toMailboxError } from "../store/failure.ts";
import type { StorePort } from "../store/store-port.ts";
import { moveInSteps, removeInSteps, STEP, wholeSteps } from "./stepwise-writes.ts";
import type { StoredMailbox } from "./stored-mailbox.ts";
import type { StoredMaildrop } from "./stored-maildrop.ts";
import { StoredScripts } from "./stored-scripts.ts";

/** The mailboxes of all accounts; this one opens its own. */
interface OpenMailboxes {
  readonly limits: MailboxLimits;
  /** @param mailbox UIDVALIDITY */
  notifiedUntil(mailbox: number): number;
  select(
    mailbox: number,
    options: { readonly readOnly: boolean; readonly onClose: (view: StoredMailbox) => void },
  ): Promise<StoredMailbox>;
  lockMaildrop(account: string, inbox: () => Promise<number>): Promise<StoredMaildrop>;
}

/** One session's account in the store. */
export class StoredAccount implements AccountMail {
  readonly #store: StorePort;
  readonly #mailboxes: OpenMailboxes;
  readonly #account: string;
  readonly #open = new Set<{ close(): void }>();
  #isClosed = false;
  readonly limits: MailboxLimits;
  readonly scripts: Scripts;

  constructor(options: { readonly store: StorePort; readonly mailboxes: OpenMailboxes; readonly account: string }) {
    this.#store = options.store;
    this.#mailboxes = options.mailboxes;
    this.#account = options.account;
    this.limits = options.mailboxes.limits;
    this.scripts = new StoredScripts(options.store, { account: options.account, limits: this.limits });
  }

  list(): Promise<readonly MailboxEntry[]> {
    return this.#do(async () => {
      const rows = await this.#store.read("list", this.#account);
      const withChildren = new Set(rows.filter(({ exists }) => exists).flatMap(({ name }) => superiorsOf(name)));
      return rows
        .map((row) => ({
          ...row,
          hasChildren: withChildren.has(row.name),
          specialUse: SPECIAL_USES.filter((use) => row.specialUse.split(" ").includes(use)),
        }))
        .sort((a, b) => compareNames(a.name, b.name));
    });
  }

  async create(name: string, { specialUse = [] }: { readonly specialUse?: readonly string[] } = {}): Promise<void> {
    await this.#do(() => this.#store.write("create", { account: this.#account, name, specialUse }));
  }

  async delete(name: string): Promise<void> {
    await this.#do(async () => {
      if (canonicalName(name) !== INBOX) await this.#empty(name);
      await this.#store.write("delete", { account: this.#account, name });
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#do(async () => {
      if (canonicalName(from) !== INBOX || !(await this.#emptyInbox(to))) {
        await this.#store.write("rename", { account: this.#account, from, to });
      }
    });
  }

  async subscribe(name: string): Promise<void> {
    await this.#do(() => this.#store.write("subscribe", { account: this.#account, name }));
  }

  async unsubscribe(name: string): Promise<void> {
    await this.#do(() => this.#store.write("unsubscribe", { account: this.#account, name }));
  }

  status(name: string): Promise<MailboxStatus> {
    return this.#do(async () => {
      const mailbox = await this.#resolve(name);
      return this.#store.read("status", { mailbox, notifiedUntil: this.#mailboxes.notifiedUntil(mailbox) });
    });
  }

  select(name: string, options: { readonly readOnly: boolean }): Promise<Mailbox> {
    return this.#do(async () => {
      const onClose = (closed: StoredMailbox) => this.#open.delete(closed);
      return this.#keep(await this.#mailboxes.select(await this.#resolve(name), { ...options, onClose }));
    });
  }

  async append(name: string, message: AppendRequest): Promise<Appended> {
    const { body } = message;
    try {
      return await this.#do(() => this.#append(name, message));
    } catch (error) {
      // The source of the body must not stall; if it breaks off now, that no longer matters.
      body.on("error", () => {}).resume();
      throw error;
    }
  }

  lockMaildrop(): Promise<Maildrop> {
    return this.#do(async () => {
      const maildrop = await this.#mailboxes.lockMaildrop(this.#account, () => this.#resolve(INBOX));
      return this.#keep(maildrop);
    });
  }

  quota(): Promise<Quota> {
    return this.#do(async () => {
      return { ...(await this.#store.read("quota", this.#account)), limit: this.limits.maxStorage };
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const open of [...this.#open]) open.close();
    this.#open.clear();
  }

  async #append(name: string, { body, size, flags = [], internalDate }: AppendRequest): Promise<Appended> {
    // A body that breaks off while the name is looked up is an error when it is read.
    const ignore = () => {};
    body.on("error", ignore);
    try {
      const mailbox = await this.#resolve(name);
      parseFlags(flags, this.limits);
      await this.#expectRoom(size ?? 0);
      return await this.#store.takeIn("append", {
        body,
        header: undefined,
        request: (content) => ({ mailbox, content, flags, internalDate: internalDate ?? content.receivedAt }),
      });
    } finally {
      body.off("error", ignore);
    }
  }

  async #expectRoom(size: number): Promise<void> {
    const { maxStorage } = this.limits;
    if (maxStorage === null) return;
    const { used } = await this.#store.read("quota", this.#account);
    if (used + size <= maxStorage) return;
    throw new MailboxError("over-quota", `The account has ${maxStorage} octets, and not so much left.`);
  }

  /** Removes what is too much for one step. The mailbox may not be there, or hold no messages. */
  async #empty(name: string): Promise<void> {
    const mailbox = await this.#resolve(name).catch(() => null);
    if (mailbox === null) return;
    for await (const uids of wholeSteps(this.#store, mailbox)) await removeInSteps(this.#store, mailbox, uids);
  }

  /** Moves what is in INBOX to a new mailbox. @returns false when it is not too much for one step: nothing was done then. */
  async #emptyInbox(to: string): Promise<boolean> {
    const mailbox = await this.#resolve(INBOX);
    const { messages } = await this.#store.read("status", { mailbox, notifiedUntil: 0 });
    if (messages <= STEP) return false;
    await this.#store.write("create", { account: this.#account, name: to, specialUse: [] });
    for (;;) {
      const { uid } = await this.#store.read("summaries", { mailbox, after: 0, limit: STEP });
      if (uid.length === 0) return true;
      await moveInSteps(this.#store, { mailbox, view: null, to }, [...uid]).catch((error: unknown) => {
        // Expunged by somebody else meanwhile: then the others are still to be moved.
        if (toMailboxError(error).code !== "message-missing") throw error;
      });
    }
  }

  #resolve(name: string): Promise<number> {
    return this.#store.read("resolve", { account: this.#account, name });
  }

  /** What was opened too late for `close()` is closed at once. */
  #keep<Opened extends { close(): void }>(opened: Opened): Opened {
    if (this.#isClosed) opened.close();
    else this.#open.add(opened);
    return opened;
  }

  async #do<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw toMailboxError(error);
    }
  }
}
