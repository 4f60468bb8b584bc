import type { Observable } from "rxjs";
import {
  type Copied,
  type DescribedMessage,
  type FlagChange,
  type Mailbox,
  type MailboxChange,
  MailboxError,
  type MailboxLimits,
  type MessageContent,
  type MessageHeader,
  type MessageSummary,
  type OpenedMessage,
  type StoreResult,
  type TextQuery,
} from "../../protocols/mailbox.ts";
import { trimWhiteSpace } from "../../protocols/white-space.ts";
import { missingMailbox } from "../database/account-rows.ts";
import { MAX_KEYWORDS } from "../database/flag-bits.ts";
import { compareFlags } from "../database/flags.ts";
import { structuresFromTexts } from "../message/structure-text.ts";
import { toMailboxError } from "../store/failure.ts";
import type { SelectReply } from "../store/mailbox-calls.ts";
import type { Calls } from "../store/store-calls.ts";
import type { StorePort } from "../store/store-port.ts";
import { ChangeFeed } from "./change-feed.ts";
import type { MailboxObserver, SharedMailbox } from "./shared-mailbox.ts";
import { copyInSteps, moveInSteps } from "./stepwise-writes.ts";
import { contentInMemory, openContent } from "./stored-content.ts";
import { ToldOneByOne } from "./told-one-by-one.ts";

export interface StoredMailboxOptions {
  readonly id: number;
  readonly store: StorePort;
  readonly shared: SharedMailbox;
  readonly uidValidity: number;
  readonly readOnly: boolean;
  readonly limits: MailboxLimits;
  readonly selected: SelectReply;
  /** Reports what others have committed until now. */
  refresh(): void;
  /** Called once. */
  readonly onClose: (view: StoredMailbox) => void;
}

/** Messages that the store is asked about at once; it answers for fewer where much is to be said of them. */
const ASKED_AT_ONCE = 128;

/** One session's view of a mailbox in the store. */
export class StoredMailbox implements Mailbox, MailboxObserver {
  readonly #options: StoredMailboxOptions;
  readonly #feed = new ChangeFeed();
  #isOpen = true;
  readonly id: number;
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;
  readonly messages: readonly MessageSummary[];
  readonly uidNext: number;
  readonly highestModseq: number;
  readonly recentFrom: number;

  constructor(options: StoredMailboxOptions) {
    const { shared } = options;
    this.#options = options;
    this.id = options.id;
    this.readOnly = options.readOnly;
    this.uidValidity = options.uidValidity;
    this.recentFrom = options.selected.recentFrom;
    this.messages = shared.join(this);
    this.name = shared.name;
    this.uidNext = shared.uidNext;
    this.highestModseq = shared.highestModseq;
  }

  get changes$(): Observable<MailboxChange> {
    return this.#feed.changes$;
  }

  get keywords(): readonly string[] {
    return [...this.#options.shared.keywords].sort(compareFlags);
  }

  get acceptsKeywords(): boolean {
    return this.#options.shared.keywords.length < Math.min(this.#options.limits.maxKeywords, MAX_KEYWORDS);
  }

  notify(change: MailboxChange): void {
    this.#feed.push(change);
    if (change.type === "mailbox.deleted") this.close();
  }

  async refresh(): Promise<void> {
    this.#options.refresh();
    this.#expectOpen();
  }

  describe(uids: readonly number[]): AsyncIterable<DescribedMessage> {
    return new ToldOneByOne(this.#answers("structures", uids, {}), (answer) => this.#described(answer));
  }

  *#described({ uids, texts, found }: Calls["structures"]["reply"]): Generator<DescribedMessage> {
    // Kept for the next time; when that fails, they are found again.
    if (found.length > 0) this.#options.store.write("keepOutlines", { outlines: found, due: null }).catch(() => {});
    let index = 0;
    for (const structure of structuresFromTexts(texts)) {
      const uid = uids[index];
      index += 1;
      if (uid !== undefined) yield { uid, structure };
    }
  }

  headers(uids: readonly number[], fields: readonly string[]): AsyncIterable<MessageHeader> {
    const names = fields.map((name) => trimWhiteSpace(name).toLowerCase());
    return new ToldOneByOne(this.#answers("headers", uids, { fields: names }), headersOf);
  }

  contents(uids: readonly number[]): AsyncIterable<OpenedMessage> {
    const { directory } = this.#options.store;
    return new ToldOneByOne(this.#answers("contents", uids, {}), (answer) => contentsOf(answer, directory));
  }

  content(uid: number): Promise<MessageContent> {
    return this.#do(async (store, mailbox) => {
      return openContent(store.directory, await store.read("message", { mailbox, uid }));
    });
  }

  matching(query: TextQuery, uids: readonly number[]): Promise<readonly number[]> {
    return this.#do((store, mailbox) =>
      store.read("matching", { mailbox, session: this.id, query, uids: ascending(uids) }),
    );
  }

  async store(uids: readonly number[], { mode, flags, unchangedSince }: FlagChange): Promise<StoreResult> {
    this.#expectWritable();
    const change = { uids, mode, flags, unchangedSince: unchangedSince ?? null };
    return this.#do(async (store, mailbox) => {
      const { messages, modified } = await store.write("storeFlags", { ...change, mailbox, view: this.id });
      return { messages: this.#options.shared.summariesOf(messages), modified };
    });
  }

  copy(uids: readonly number[], to: string): Promise<Copied> {
    return this.#do((store, mailbox) => copyInSteps(store, { mailbox, view: this.id, to }, uids));
  }

  async move(uids: readonly number[], to: string): Promise<Copied> {
    this.#expectWritable();
    return this.#do((store, mailbox) => moveInSteps(store, { mailbox, view: this.id, to }, uids));
  }

  async expunge(uids?: readonly number[]): Promise<readonly number[]> {
    this.#expectWritable();
    const request = { uids: uids ?? null, deletedOnly: true, view: this.id };
    return this.#do((store, mailbox) => store.write("expunge", { ...request, mailbox }));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#feed.complete();
    this.#options.onClose(this);
  }

  /** What the store says of these messages, some at a time; the next are asked for while those before are looked at. */
  async *#answers<Name extends "structures" | "headers" | "contents">(
    name: Name,
    uids: readonly number[],
    more: Omit<Calls[Name]["request"], "mailbox" | "session" | "uids">,
  ): AsyncGenerator<Calls[Name]["reply"], void, undefined> {
    const ask = (from: number) => {
      const some = uids.slice(from, from + ASKED_AT_ONCE);
      const reply = this.#do((store, mailbox) => {
        return store.read(name, {
          mailbox,
          session: this.id,
          uids: some,
          ...more,
        } as unknown as Calls[Name]["request"]);
      });
      // Whoever stops early does not wait for it.
      reply.catch(() => {});
      return reply;
    };
    let next = uids.length > 0 ? ask(0) : null;
    for (let from = 0; next; ) {
      const answer: Calls[Name]["reply"] = await next;
      from += answer.asked;
      next = from < uids.length ? ask(from) : null;
      yield answer;
    }
  }

  async #do<Result>(call: (store: StorePort, mailbox: number) => Promise<Result>): Promise<Result> {
    this.#expectOpen();
    try {
      return await call(this.#options.store, this.uidValidity);
    } catch (error) {
      throw toMailboxError(error);
    }
  }

  #expectOpen(): void {
    if (!this.#isOpen) throw missingMailbox();
  }

  #expectWritable(): void {
    this.#expectOpen();
    if (this.readOnly) throw new MailboxError("mailbox-read-only", "The mailbox was selected for reading only.");
  }
}

function* headersOf({ uids, ends, octets }: Calls["headers"]["reply"]): Generator<MessageHeader> {
  for (const [index, uid] of uids.entries()) {
    yield { uid, octets: octets.subarray(ends[index - 1] ?? 0, ends[index]) };
  }
}

function* contentsOf(
  { contents, octets }: Calls["contents"]["reply"],
  directory: string,
): Generator<OpenedMessage | Promise<OpenedMessage | null>> {
  let start = 0;
  for (const { uid, id, size, end } of contents) {
    if (end === null) {
      const opened = openContent(directory, { id, size, bytes: null });
      yield opened.then((content) => ({ uid, content }), nullWhereMissing);
    } else {
      yield { uid, content: contentInMemory(octets.subarray(start, end)) };
      start = end;
    }
  }
}

function nullWhereMissing(error: unknown): null {
  if (error instanceof MailboxError && error.code === "message-missing") return null;
  throw error;
}

function ascending(uids: readonly number[]): number[] {
  return [...new Set(uids)].sort((a, b) => a - b);
}
