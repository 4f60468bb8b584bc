import { resolve } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { DEFAULT_MAILBOX_LIMITS } from "../protocols/mailbox.ts";
import type { MaildropLocks } from "../protocols/maildrop-locks.ts";
import { BorrowedWriter } from "./lent/borrowed-writer.ts";
import type { Borrower } from "./lent/borrower.ts";
import { StoreMailboxes, type StoreMailboxesOptions } from "./open/store-mailboxes.ts";
import type { MaildropArbiter } from "./store/neighbour.ts";
import { MailStore, type MailStoreOptions, type Store, type StoreOptions } from "./store/store.ts";
import { allReported, type StoreLine } from "./store/store-line.ts";
import { StoreThread } from "./store/store-thread.ts";

export interface LendableStoreOptions extends StoreOptions {
  /** Which maildrops are taken, where sessions of several threads take them. */
  readonly locks?: MaildropLocks;
}

/** A store that other threads can borrow. */
export interface LendableStore extends Store {
  /** @returns a port to the writing thread, for another thread. @throws StoreError */
  lendWriter(): Promise<MessagePort>;
}

/**
 * Opens a data folder, and makes it when it is not there. Content that a former process left behind unacknowledged is
 * removed.
 * @throws StoreError `store-in-use` when another process has it open for writing, `store-missing` when there is nothing
 * to read, `store-version` when a newer version made it.
 */
export function openStore(directory: string, options: StoreOptions = {}): Promise<Store> {
  return openLendableStore(directory, options);
}

/** The same, for a server whose workers borrow it. @throws StoreError */
export async function openLendableStore(directory: string, options: LendableStoreOptions = {}): Promise<LendableStore> {
  const limits = { ...DEFAULT_MAILBOX_LIMITS, ...options.limits };
  const thread = new StoreThread({
    directory: resolve(directory),
    readOnly: options.readOnly ?? false,
    maxDatabaseSize: options.maxDatabaseSize ?? null,
    busyTimeout: options.busyTimeout ?? 1000,
    joins: options.joins ?? false,
    limits,
  });
  const { lacksOutlines } = await thread.open();
  const { busyTimeout, locks } = options;
  const store = storeOn(resolve(directory), thread, {
    ...{ limits, ...(busyTimeout === undefined ? {} : { busyTimeout }) },
    ...(options.readOnly ? { reader: thread } : {}),
    ...(locks ? { locks } : {}),
  });
  if (options.joins) store.share();
  if (lacksOutlines && !options.readOnly) store.fillOutlines();
  return Object.assign(store, { lendWriter: () => thread.lend() });
}

/**
 * The store that another thread has opened, for the sessions of this one: it writes by that one's thread, and has a
 * reading thread of its own.
 * @throws StoreError
 */
export async function borrowStore(
  directory: string,
  borrower: Borrower,
  { locks, thread }: { readonly locks: MaildropLocks; readonly thread: number },
): Promise<Store> {
  const writer = new BorrowedWriter(borrower);
  await writer.open();
  const arbiter: MaildropArbiter = {
    ask: (account) => borrower.call("maildrop", account),
    freed: (account) => void borrower.call("maildropFreed", account).catch(() => {}),
  };
  return storeOn(resolve(directory), writer, { reports: writer, locks, arbiter, thread });
}

/** A store on a thread that is open, and the mailboxes in it. The thread reports what each commit changed. */
export function storeOn(
  directory: string,
  writer: StoreLine,
  options: MailStoreOptions & Partial<StoreMailboxesOptions> = {},
): Store & Pick<MailStore, "fillOutlines"> {
  const { limits = DEFAULT_MAILBOX_LIMITS } = options;
  const { reports = { ...allReported, pass: (changes) => writer.pass(changes) } } = options;
  const store = new MailStore(directory, writer, { ...options, limits });
  const mailboxes = new StoreMailboxes(store, { ...options, limits, reports });
  writer.onChanges = (changes) => mailboxes.changed(changes);
  writer.onLost = () => mailboxes.lost();
  return Object.assign(store, { mailboxes, neighbours: mailboxes.neighbours });
}
