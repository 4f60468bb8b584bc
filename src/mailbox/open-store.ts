import { resolve } from "node:path";
import { DEFAULT_MAILBOX_LIMITS } from "../protocols/mailbox.ts";
import { StoreMailboxes } from "./open/store-mailboxes.ts";
import { MailStore, type MailStoreOptions, type Store, type StoreOptions } from "./store/store.ts";
import { StoreThread } from "./store/store-thread.ts";

/**
 * Opens a data folder, and makes it when it is not there. Content that a former process left behind unacknowledged is
 * removed.
 * @throws StoreError `store-in-use` when another process has it open for writing, `store-missing` when there is nothing
 * to read, `store-version` when a newer version made it.
 */
export async function openStore(directory: string, options: StoreOptions = {}): Promise<Store> {
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
  const { busyTimeout } = options;
  const store = storeOn(resolve(directory), thread, {
    ...{ limits, ...(busyTimeout === undefined ? {} : { busyTimeout }) },
    ...(options.readOnly ? { reader: thread } : {}),
  });
  if (options.joins) store.share();
  if (lacksOutlines && !options.readOnly) store.fillOutlines();
  return store;
}

/** A store on a thread that is open, and the mailboxes in it. The thread reports what each commit changed. */
export function storeOn(
  directory: string,
  writer: StoreThread,
  options: MailStoreOptions = {},
): Store & Pick<MailStore, "fillOutlines"> {
  const { limits = DEFAULT_MAILBOX_LIMITS } = options;
  const store = new MailStore(directory, writer, { ...options, limits });
  const mailboxes = new StoreMailboxes(store, limits);
  writer.onChanges = (changes) => mailboxes.changed(changes);
  writer.onLost = () => mailboxes.lost();
  return Object.assign(store, { mailboxes, neighbours: mailboxes.neighbours });
}
