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
import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { DEFAULT_MAILBOX_LIMITS, type Mailboxes, type MailboxLimits } from "../../protocols/mailbox.ts";
import type { Outline } from "../message/outline.ts";
import { contentFile, spoolFile } from "./data-folder.ts";
import { fromFailure } from "./failure.ts";
import { GroupCommit } from "./group-commit.ts";
import { isHeavy } from "./heavy-writes.ts";
import type { StoreNeighbours } from "./neighbour.ts";
import { fillOutlines } from "./outline-backfill.ts";
import { isOutlinedWithCommit } from "./small-outlines.ts";
import { receive } from "./spool.ts";
import {
  type CallName,
  type Calls,
  contentOfWrite,
  type DeliveryRecipient,
  type Page,
  type StoredMessage,
  type Trace,
  type Write,
  type WriteName,
  type Writes,
} from "./store-calls.ts";
import { StoreError, toStoreError } from "./store-error.ts";
import type { StoreLine } from "./store-line.ts";
import type { Incoming, StorePort } from "./store-port.ts";
import { StoreThread } from "./store-thread.ts";

export interface StoreOptions {
  /** Only read, also while a server writes. Default false. */
  readonly readOnly?: boolean;
  /** Octets that the database may take, larger messages' files not counted; null, the default, for no limit. */
  readonly maxDatabaseSize?: number | null;
  /** Milliseconds to wait when another program holds the database locked. Default 1000; all deliveries wait with it. */
  readonly busyTimeout?: number;
  /** Beside the server that this process is to succeed, which writes as well. Default false. */
  readonly joins?: boolean;
  /** What each account may have; defaults where one is left out. */
  readonly limits?: Partial<MailboxLimits>;
}

/** A message to be kept, in the INBOX of each of its recipients. */
export interface DeliveryRequest extends Trace {
  /** Reverse-path; empty for the null sender. */
  readonly sender: string;
  /** At least one; an account that is named twice gets one message. Accounts are made as they are named. */
  readonly recipients: readonly DeliveryRecipient[];
  /** Read to its end, and kept byte for byte. */
  readonly body: Readable;
  /** Header fields to go before the body, each with its line end; gets the id of the content. None by default. */
  readonly header?: (id: string) => string;
}

export interface Delivered {
  /** Names the content, for a log or for the client. */
  readonly id: string;
  /** Accounts that have no room for the message, and did not get it. */
  readonly overQuota: readonly string[];
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
   * @throws StoreError; nothing is kept then.
   */
  deliver(delivery: DeliveryRequest): Promise<Delivered>;
  /** What IMAP, POP3 and ManageSieve stand on. */
  readonly mailboxes: Mailboxes;
  /** Messages in the order of arrival, of one account or of all. @throws StoreError */
  messages(account?: string): AsyncIterable<StoredMessage>;
  /** A message's bytes, as they came. @throws StoreError `message-missing` */
  content(id: string): Promise<Readable>;
  statistics(): StoreStatistics;
  /** A successor, or the predecessor, writes as well from here on. */
  share(): void;
  /** It has ended. */
  alone(): void;
  /** Other servers that have the store open. */
  readonly neighbours: StoreNeighbours;
  /** Takes no more calls, waits for those under way, their bodies included, and closes. May be called again. */
  close(): Promise<void>;
}

/** A write on its way through the group, and what came of it. */
interface PendingWrite {
  readonly write: Write;
  reply: unknown;
}

/** Milliseconds to wait for the lock of another server that writes all the time, in turn with this one. */
const sharedBusyTimeout = 10_000;

/** Messages that one call brings from the thread. */
const PAGE = 500;

const defaultBusyTimeout = 1_000;

export interface MailStoreOptions extends Pick<StoreOptions, "busyTimeout"> {
  readonly limits?: MailboxLimits;
  /** A thread that reads; one more is started by default. */
  readonly reader?: StoreLine;
}

/**
 * The store on its threads: one writes, the other reads, so that neither a long search nor the structure of a large
 * message holds up a delivery.
 */
export class MailStore implements StorePort, Omit<Store, "mailboxes" | "neighbours"> {
  readonly directory: string;
  readonly #writer: StoreLine;
  readonly #reader: StoreLine;
  readonly #busyTimeout: number;
  readonly #group = new GroupCommit<PendingWrite>((writes) => this.#commit(writes), {
    isHeavy: ({ write }) => isHeavy(write),
  });
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #stopsFilling = new AbortController();
  #deliveries = 0;
  #commits = 0;
  #closing: Promise<void> | null = null;

  constructor(
    directory: string,
    writer: StoreLine,
    { limits = DEFAULT_MAILBOX_LIMITS, busyTimeout = defaultBusyTimeout, reader }: MailStoreOptions = {},
  ) {
    this.#busyTimeout = busyTimeout;
    this.directory = directory;
    this.#writer = writer;
    this.#reader =
      reader ?? new StoreThread({ directory, readOnly: true, maxDatabaseSize: null, busyTimeout: 1000, limits });
  }

  deliver(delivery: DeliveryRequest): Promise<Delivered> {
    return this.#track(() => this.#deliver(delivery));
  }

  write<Name extends WriteName>(name: Name, request: Writes[Name]["request"]): Promise<Writes[Name]["reply"]> {
    return this.#track(() => this.#write(name, request));
  }

  read<Name extends CallName>(name: Name, request: Calls[Name]["request"]): Promise<Calls[Name]["reply"]> {
    return this.#track(() => this.#reader.call(name, request));
  }

  takeIn<Name extends WriteName>(name: Name, incoming: Incoming<Name>): Promise<Writes[Name]["reply"]> {
    return this.#track(() => this.#takeIn(name, incoming));
  }

  async *messages(account?: string): AsyncGenerator<StoredMessage> {
    let after: number | null = 0;
    while (after !== null) {
      const position: number = after;
      const page: Page = await this.#track(() =>
        this.#reader.call("page", { account: account ?? null, after: position, limit: PAGE }),
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

  share(): void {
    this.#writer.share(true);
    this.#bePatient(sharedBusyTimeout);
  }

  alone(): void {
    this.#writer.share(false);
    this.#bePatient(this.#busyTimeout);
  }

  /** A thread that cannot be asked starts anew, with the patience of a store that nobody shares. */
  #bePatient(milliseconds: number): void {
    this.#track(() => this.#writer.call("patience", milliseconds)).catch(() => {});
  }

  /** Goes on until the store is closed. */
  fillOutlines(): void {
    void fillOutlines(this, this.#stopsFilling.signal);
  }

  close(): Promise<void> {
    this.#stopsFilling.abort();
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#closeThreads());
    return this.#closing;
  }

  async #deliver({ sender, recipients, body, header, ...trace }: DeliveryRequest): Promise<Delivered> {
    if (recipients.length === 0) throw new TypeError("A delivery needs at least one recipient.");
    let id = "";
    const overQuota = await this.#takeIn("deliver", {
      body,
      header,
      request: (content) => {
        id = content.id;
        return { content, sender, recipients: onePerAccount(recipients), trace: pickTrace(trace) };
      },
    });
    this.#deliveries += 1;
    return { id, overQuota };
  }

  async #takeIn<Name extends WriteName>(name: Name, incoming: Incoming<Name>): Promise<Writes[Name]["reply"]> {
    const id = newId();
    const spool = spoolFile(this.directory, id);
    const { size, bytes } = await receive(incoming.body, spool, incoming.header && Buffer.from(incoming.header(id)));
    try {
      const outline = isOutlinedWithCommit({ size, bytes }) ? null : await this.#outlineOf({ id, size, bytes });
      return await this.#write(name, incoming.request({ id, size, bytes, outline, receivedAt: Date.now() }));
    } catch (error) {
      if (bytes === null) await rm(spool, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Null when it could not be found out: then it is when somebody asks for it. */
  async #outlineOf(content: Calls["analyse"]["request"]): Promise<Outline | null> {
    try {
      return await this.#reader.call("analyse", content);
    } catch {
      return null;
    }
  }

  async #write<Name extends WriteName>(name: Name, request: Writes[Name]["request"]): Promise<Writes[Name]["reply"]> {
    const pending: PendingWrite = { write: { name, request } as Write, reply: null };
    await this.#group.add(pending);
    return pending.reply as Writes[Name]["reply"];
  }

  async #commit(pending: readonly PendingWrite[]): Promise<readonly (Error | null)[]> {
    const writes = pending.map(({ write }) => write);
    const transfer = writes.flatMap((write) => contentOfWrite(write)?.bytes?.buffer ?? []);
    const { commits, results } = await this.#writer.call("commit", writes, transfer);
    this.#commits += commits;
    return pending.map((item, index) => {
      const result = results[index];
      if (result && "failure" in result) return fromFailure(result.failure);
      item.reply = result?.reply;
      return null;
    });
  }

  async #content(id: string): Promise<Readable> {
    const content = await this.#reader.call("content", id);
    if (!content) throw new StoreError("message-missing", `There is no message with the id "${id}".`);
    if (content.bytes) return Readable.from([content.bytes], { objectMode: false });
    try {
      const handle = await open(contentFile(this.directory, id));
      return handle.createReadStream();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** The writer last: it tidies up the journal that the reader has open, too. */
  async #closeThreads(): Promise<void> {
    await this.#reader.close();
    if (this.#writer !== this.#reader) await this.#writer.close();
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
  // Node gets the octets of many UUIDs at once, which takes a quarter of the time of 64 bits for each.
  const uuid = randomUUID();
  return `${Date.now().toString(36).padStart(9, "0")}${uuid.slice(0, 8)}${uuid.slice(-8)}`;
}

function onePerAccount(recipients: readonly DeliveryRecipient[]): DeliveryRecipient[] {
  const seen = new Set<string>();
  return recipients.filter(({ account }) => !seen.has(account) && seen.add(account));
}

/** Only what is known: more would not pass to the thread. */
function pickTrace({ helo, receivedFrom, authenticatedAs, tls }: Trace): Trace {
  return { helo, receivedFrom, authenticatedAs, tls };
}
