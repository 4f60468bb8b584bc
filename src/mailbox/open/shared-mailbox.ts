import { setImmediate as immediate } from "node:timers/promises";
import type { MailboxChange, MessageSummary } from "../../protocols/mailbox.ts";
import { missingMailbox } from "../database/account-rows.ts";
import { flagsOf } from "../database/flag-bits.ts";
import type { SelectReply } from "../store/mailbox-calls.ts";
import type { ChangeSet } from "../store/store-calls.ts";
import type { SummaryColumns } from "../store/summary-columns.ts";

/** A copy of this many messages gets a turn of its own. */
const LARGE = 5000;

/** One session that has the mailbox open. */
export interface MailboxObserver {
  readonly id: number;
  readonly readOnly: boolean;
  notify(change: MailboxChange): void;
}

/** Messages of a mailbox after a UID, in the order of UIDs; none at the end. */
export type ReadPage = (after: number) => Promise<SummaryColumns>;

/**
 * A mailbox that is open: its summaries once for all sessions, and the changes that keep them current.
 *
 * Pages are read while commits go on. So the effect of a commit may show in a page before the commit is reported, or be
 * reported twice: each change is applied only where it is new, judging by modification sequences and UIDs.
 */
export class SharedMailbox {
  readonly #readPage: ReadPage;
  readonly #views = new Set<MailboxObserver>();
  /** Spares a list for each message: few sets of flags are in use at a time. */
  #flags = new Map<number, readonly string[]>();
  #keywords: readonly string[] = [];
  #messages: MessageSummary[] = [];
  #loaded: Promise<void> | null = null;
  /** Sessions that waited for the load get their copies one at a time, so that other connections get a turn. */
  #opening: Promise<unknown> = Promise.resolve();
  /** Changes since a loading began. */
  #log: ChangeSet[] | null = null;
  #isReady = false;
  #isDeleted = false;
  #name = "";
  #uidNext = 1;
  #highestModseq = 1;
  #notifiedUntil = 1;
  /** How many sessions are about to open it. */
  #expected = 0;

  constructor(readPage: ReadPage) {
    this.#readPage = readPage;
  }

  get name(): string {
    return this.#name;
  }

  get uidNext(): number {
    return this.#uidNext;
  }

  get highestModseq(): number {
    return this.#highestModseq;
  }

  /** By bit. */
  get keywords(): readonly string[] {
    return this.#keywords;
  }

  /** A read-write session has been notified of all messages below this UID. */
  get notifiedUntil(): number {
    return [...this.#views].some(({ readOnly }) => !readOnly) ? this.#uidNext : this.#notifiedUntil;
  }

  get isInUse(): boolean {
    return this.#views.size > 0 || this.#expected > 0;
  }

  /** Keeps the shared while somebody is about to open it. */
  async expecting<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#expected += 1;
    try {
      return await work();
    } finally {
      this.#expected -= 1;
    }
  }

  /** Resolves when all summaries are there. */
  async load({ name, uidNext, highestModseq, keywords }: SelectReply): Promise<void> {
    this.#name = name;
    this.#learnKeywords(keywords);
    this.#advance(uidNext, highestModseq);
    this.#loaded ??= this.#loadAll();
    await this.#loaded;
    if (this.#messages.length < LARGE) return;
    this.#opening = this.#opening.then(() => immediate());
    await this.#opening;
  }

  /**
   * @returns the messages as they are now, in an array of the caller's own.
   * @throws MailboxError `mailbox-missing` when it was deleted while it was being opened
   */
  join(view: MailboxObserver): MessageSummary[] {
    if (this.#isDeleted) throw missingMailbox();
    this.#views.add(view);
    return [...this.#messages];
  }

  /** Messages that arrived while a session had it open for writing are not recent again. */
  leave(view: MailboxObserver): void {
    this.#notifiedUntil = this.notifiedUntil;
    this.#views.delete(view);
  }

  take(change: ChangeSet): void {
    this.#log?.push(change);
    if ("keywords" in change) this.#learnKeywords(change.keywords);
    if (change.type === "renamed") this.#name = change.name;
    if (change.type === "deleted") this.#isDeleted = true;
    if (!this.#isReady) return;
    const news = this.#apply(this.#messages, change);
    if (!news) return;
    this.#messages = news.messages;
    for (const view of [...this.#views]) view.notify(news.changeFor(change.view === view.id));
  }

  /** Reads everything again and reports the differences: for changes that were made but never reported. */
  async reload(): Promise<void> {
    if (!this.#isReady || this.#log) return;
    const fresh = await this.#readAll();
    const known = new Map(this.#messages.map((message) => [message.uid, message]));
    const present = new Set(fresh.map(({ uid }) => uid));
    const appended = fresh.filter(({ uid }) => !known.has(uid));
    const changed = fresh.filter(({ uid, modseq }) => (known.get(uid)?.modseq ?? modseq) < modseq);
    const uids = this.#messages.filter(({ uid }) => !present.has(uid)).map(({ uid }) => uid);
    this.#messages = fresh;
    const modseq = this.#highestModseq;
    for (const view of [...this.#views]) {
      if (uids.length > 0) view.notify({ type: "mailbox.expunged", uids, modseq, own: false });
      if (changed.length > 0) view.notify({ type: "mailbox.flagsChanged", messages: changed, own: false });
      if (appended.length > 0) view.notify({ type: "mailbox.appended", messages: appended, own: false });
    }
  }

  summariesOf(columns: SummaryColumns): MessageSummary[] {
    return Array.from(columns.uid, (uid, index) => {
      const modseq = columns.modseq[index] ?? 0;
      this.#advance(uid + 1, modseq);
      return Object.freeze({
        uid,
        flags: this.#flagsOf(columns.flags[index] ?? 0),
        size: columns.size[index] ?? 0,
        internalDate: columns.internalDate[index] ?? 0,
        modseq,
      });
    });
  }

  async #loadAll(): Promise<void> {
    try {
      this.#messages = await this.#readAll();
      this.#isReady = true;
    } catch (error) {
      this.#loaded = null;
      throw error;
    }
  }

  async #readAll(): Promise<MessageSummary[]> {
    this.#log = [];
    try {
      let messages: MessageSummary[] = [];
      for (let after = 0, page = await this.#readPage(0); page.uid.length > 0; page = await this.#readPage(after)) {
        for (const summary of this.summariesOf(page)) messages.push(summary);
        after = messages.at(-1)?.uid ?? after;
      }
      for (const change of this.#log) messages = this.#apply(messages, change)?.messages ?? messages;
      return messages;
    } finally {
      this.#log = null;
    }
  }

  /** Null when none of it is new. */
  #apply(messages: MessageSummary[], change: ChangeSet): News | null {
    switch (change.type) {
      case "appended": {
        const fresh = this.summariesOf(change.messages).filter(({ uid }) => !messages[indexOf(messages, uid)]);
        if (fresh.length === 0) return null;
        return {
          messages: withAdded(messages, fresh),
          changeFor: (own) => ({ type: "mailbox.appended", messages: fresh, own }),
        };
      }
      case "flagsChanged": {
        const fresh = this.summariesOf(change.messages).filter(({ uid, modseq }) => {
          return (messages[indexOf(messages, uid)]?.modseq ?? modseq) < modseq;
        });
        if (fresh.length === 0) return null;
        for (const summary of fresh) messages[indexOf(messages, summary.uid)] = summary;
        return { messages, changeFor: (own) => ({ type: "mailbox.flagsChanged", messages: fresh, own }) };
      }
      case "expunged": {
        const { modseq } = change;
        this.#advance(1, modseq);
        const uids = change.uids.filter((uid) => messages[indexOf(messages, uid)]);
        if (uids.length === 0) return null;
        const gone = new Set(uids);
        return {
          messages: messages.filter(({ uid }) => !gone.has(uid)),
          changeFor: (own) => ({ type: "mailbox.expunged", uids, modseq, own }),
        };
      }
      case "renamed":
        return { messages, changeFor: () => ({ type: "mailbox.renamed", name: change.name }) };
      case "deleted":
        return { messages: [], changeFor: () => ({ type: "mailbox.deleted" }) };
    }
  }

  #advance(uidNext: number, modseq: number): void {
    this.#uidNext = Math.max(this.#uidNext, uidNext);
    this.#highestModseq = Math.max(this.#highestModseq, modseq);
  }

  /** They only grow. */
  #learnKeywords(keywords: readonly string[]): void {
    if (keywords.length <= this.#keywords.length) return;
    this.#keywords = keywords;
    // Lists made before these keywords were known are out of date.
    this.#flags = new Map();
  }

  #flagsOf(bits: number): readonly string[] {
    let flags = this.#flags.get(bits);
    if (!flags) {
      flags = Object.freeze(flagsOf(bits, this.#keywords));
      this.#flags.set(bits, flags);
    }
    return flags;
  }
}

interface News {
  readonly messages: MessageSummary[];
  changeFor(own: boolean): MailboxChange;
}

/** The index of a UID, or -1. */
function indexOf(messages: readonly MessageSummary[], uid: number): number {
  let [low, high] = [0, messages.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = messages[middle]?.uid ?? 0;
    if (found === uid) return middle;
    if (found < uid) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function withAdded(messages: MessageSummary[], added: readonly MessageSummary[]): MessageSummary[] {
  const isInOrder = (messages.at(-1)?.uid ?? 0) < (added[0]?.uid ?? 0);
  for (const summary of added) messages.push(summary);
  return isInOrder ? messages : messages.sort((a, b) => a.uid - b.uid);
}
