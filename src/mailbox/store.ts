/**
 * Keeps mail in a data folder: SQLite for what is searched and for small content, files for large content.
 *
 * A delivery is acknowledged when its transaction is durable (WAL, `synchronous=FULL`): ending the process or the
 * machine after that never loses it. One that was not acknowledged does not appear, as far as a store can know: when
 * the machine ends between the commit and the reply, the message is there and the client, which never heard so, sends
 * it again (RFC 1047).
 *
 * One process at a time opens a folder for writing; any number may read it meanwhile.
 */
import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { contentFile, spoolFile } from "./data-folder.ts";
import { GroupCommit } from "./group-commit.ts";
import { receive } from "./spool.ts";
import type { CommitReply, Delivery, DeliveryRecipient, Page, StoredMessage, Trace } from "./store-calls.ts";
import { StoreError, toStoreError } from "./store-error.ts";
import { StoreThread } from "./store-thread.ts";

export interface StoreOptions {
  /** Only read, also while a server writes. Default false. */
  readonly readOnly?: boolean;
  /** Octets that the database may take, larger messages' files not counted; null, the default, for no limit. */
  readonly maxDatabaseSize?: number | null;
  /** Milliseconds to wait when another program holds the database locked. Default 1000; all deliveries wait with it. */
  readonly busyTimeout?: number;
}

/** A message to be kept, in the INBOX of each of its recipients. */
export interface DeliveryRequest extends Trace {
  /** Reverse-path; empty for the null sender. */
  readonly sender: string;
  /** At least one; an account that is named twice gets one message. Accounts are made as they are named. */
  readonly recipients: readonly DeliveryRecipient[];
  /** Read to its end, and kept byte for byte. */
  readonly body: Readable;
}

export interface StoreStatistics {
  /** Messages kept since the store was opened, each counted once for all its recipients. */
  readonly deliveries: number;
  /** Transactions that it took. */
  readonly commits: number;
}

export interface Store {
  /**
   * Resolves when the message is kept for good.
   * @returns the id of its content, for a log or for the client.
   * @throws StoreError; nothing is kept then.
   */
  deliver(delivery: DeliveryRequest): Promise<{ readonly id: string }>;
  /** Messages in the order of arrival, of one account or of all. @throws StoreError */
  messages(account?: string): AsyncIterable<StoredMessage>;
  /** A message's bytes, as they came. @throws StoreError `message-missing` */
  content(id: string): Promise<Readable>;
  statistics(): StoreStatistics;
  /** Takes no more calls, waits for those under way, their bodies included, and closes. May be called again. */
  close(): Promise<void>;
}

/** Messages that one call brings from the thread. */
const PAGE = 500;

/**
 * Opens a data folder, and makes it when it is not there. Content that a former process left behind unacknowledged is
 * removed.
 * @throws StoreError `store-in-use` when another process has it open for writing, `store-missing` when there is nothing
 * to read, `store-version` when a newer version made it.
 */
export async function openStore(directory: string, options: StoreOptions = {}): Promise<Store> {
  const thread = new StoreThread({
    directory: resolve(directory),
    readOnly: options.readOnly ?? false,
    maxDatabaseSize: options.maxDatabaseSize ?? null,
    busyTimeout: options.busyTimeout ?? 1000,
  });
  await thread.open();
  return new MailStore(resolve(directory), thread);
}

/** The store on a thread; embedders use {@link openStore}. */
export class MailStore implements Store {
  readonly #directory: string;
  readonly #thread: StoreThread;
  readonly #group = new GroupCommit<Delivery>((deliveries) => this.#commit(deliveries));
  readonly #underWay = new Set<Promise<unknown>>();
  #deliveries = 0;
  #commits = 0;
  #closing: Promise<void> | null = null;

  constructor(directory: string, thread: StoreThread) {
    this.#directory = directory;
    this.#thread = thread;
  }

  deliver(delivery: DeliveryRequest): Promise<{ readonly id: string }> {
    return this.#track(() => this.#deliver(delivery));
  }

  async *messages(account?: string): AsyncGenerator<StoredMessage> {
    let after: number | null = 0;
    while (after !== null) {
      const position: number = after;
      const page: Page = await this.#track(() =>
        this.#thread.call("page", { account: account ?? null, after: position, limit: PAGE }),
      );
      yield* page.messages;
      after = page.next;
    }
  }

  content(id: string): Promise<Readable> {
    return this.#track(() => this.#content(id));
  }

  statistics(): StoreStatistics {
    return { deliveries: this.#deliveries, commits: this.#commits };
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#thread.close());
    return this.#closing;
  }

  async #deliver({ sender, recipients, body, ...trace }: DeliveryRequest): Promise<{ readonly id: string }> {
    if (recipients.length === 0) throw new TypeError("A delivery needs at least one recipient.");
    const id = newId();
    const spool = spoolFile(this.#directory, id);
    const { size, bytes } = await receive(body, spool);
    try {
      await this.#group.add({
        ...{ id, size, bytes, sender, receivedAt: Date.now() },
        recipients: onePerAccount(recipients),
        trace: pickTrace(trace),
      });
    } catch (error) {
      if (bytes === null) await rm(spool, { force: true }).catch(() => {});
      throw error;
    }
    this.#deliveries += 1;
    return { id };
  }

  async #commit(deliveries: readonly Delivery[]): Promise<readonly (StoreError | null)[]> {
    const transfer = deliveries.flatMap(({ bytes }) => (bytes ? [bytes.buffer] : []));
    const { commits, failures }: CommitReply = await this.#thread.call("commit", deliveries, transfer);
    this.#commits += commits;
    return failures.map((failure) => failure && new StoreError(failure.code, failure.message));
  }

  async #content(id: string): Promise<Readable> {
    const content = await this.#thread.call("content", id);
    if (!content) throw new StoreError("message-missing", `There is no message with the id "${id}".`);
    if (content.bytes) return Readable.from([content.bytes], { objectMode: false });
    try {
      const handle = await open(contentFile(this.#directory, id));
      return handle.createReadStream();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  #track<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#closing) return Promise.reject(new StoreError("store-closed", "The mail store is closed."));
    const promise = call();
    this.#underWay.add(promise);
    const done = () => this.#underWay.delete(promise);
    promise.then(done, done);
    return promise;
  }
}

/** Begins with the time, so that ids made one after the other lie side by side in the index. */
function newId(): string {
  return `${Date.now().toString(36).padStart(9, "0")}${randomBytes(8).toString("hex")}`;
}

function onePerAccount(recipients: readonly DeliveryRecipient[]): DeliveryRecipient[] {
  const seen = new Set<string>();
  return recipients.filter(({ account }) => !seen.has(account) && seen.add(account));
}

/** Only what is known: more would not pass to the thread. */
function pickTrace({ helo, receivedFrom, authenticatedAs, tls }: Trace): Trace {
  return { helo, receivedFrom, authenticatedAs, tls };
}
