import type { Mailbox, MailboxChange, MessageSummary } from "../mailbox.ts";
import { type IndexRange, indexesOfSequenceNumbers, indexesOfUids, type SequenceSet } from "./grammar/sequence-set.ts";

/** Something to tell. Expunges come one after the other: the number of each counts what those before it have moved down. */
export type Told =
  | { readonly type: "flags"; readonly number: number; readonly message: MessageSummary }
  | { readonly type: "expunge"; readonly number: number }
  | { readonly type: "exists"; readonly messages: number; readonly recent: number };

/**
 * The mailbox as its client knows it. Sequence numbers are places in this list, so a message that is gone keeps its place
 * until the client was told (RFC 3501 section 7.4.1), and one that arrived has none before.
 */
export class ClientView {
  readonly mailbox: Mailbox;
  /** The mailbox is not there any more. */
  deleted = false;
  /** Why changes are not told of any more; null while they are. */
  failure: unknown = null;

  readonly #messages: MessageSummary[];
  readonly #uids: number[];
  /** So many messages does the client know of; the rest has arrived since. */
  #known: number;
  /** Messages whose flags are not what the client knows. */
  readonly #changed = new Set<number>();
  /** Messages that are gone and that the client still counts. */
  readonly #gone = new Set<number>();
  /** So many keywords of the mailbox does the client know; none is ever taken away. */
  #keywords: number;
  #arrived = false;
  readonly #subscription: { unsubscribe(): void };
  readonly #onChange: () => void;

  /** @param onChange called after each change that the client may have to be told of. */
  constructor(mailbox: Mailbox, onChange: () => void) {
    this.mailbox = mailbox;
    this.#onChange = onChange;
    this.#messages = [...mailbox.messages];
    this.#uids = this.#messages.map(({ uid }) => uid);
    this.#known = this.#messages.length;
    this.#keywords = mailbox.keywords.length;
    this.#subscription = mailbox.changes$.subscribe({
      next: (change) => this.#apply(change),
      error: (reason: unknown) => {
        this.failure = reason ?? new Error("The changes of the mailbox ended in an error.");
        this.#onChange();
      },
    });
  }

  /** Messages that the client counts. */
  get count(): number {
    return this.#known;
  }

  /** Messages with \Recent among those that the client counts. */
  get recent(): number {
    return this.#known - this.#firstRecent();
  }

  /** Sequence number of the first message without \Seen; 0 when there is none. */
  get firstUnseen(): number {
    return this.#messages.findIndex(({ flags }) => !flags.includes("\\Seen")) + 1;
  }

  /** @param index the sequence number less one. */
  at(index: number): MessageSummary | undefined {
    return this.#messages[index];
  }

  /** The message at this place is no more. */
  isGone(index: number): boolean {
    return this.#gone.has(this.#uids[index] ?? 0);
  }

  isRecent(uid: number): boolean {
    return uid >= this.mailbox.recentFrom;
  }

  /** Where these messages are. Numbers of no message are left out. Places stay as they are until `tell`. */
  find(set: SequenceSet, uid: boolean): IndexRange[] {
    if (!uid) return indexesOfSequenceNumbers(set, this.#known);
    return indexesOfUids(set, this.#known === this.#uids.length ? this.#uids : this.#uids.slice(0, this.#known));
  }

  /** UIDs of these messages, without those that are gone. */
  uidsOf(ranges: readonly IndexRange[]): number[] {
    const uids: number[] = [];
    for (const { start, end } of ranges) {
      for (let index = start; index < end; index++) {
        const uid = this.#uids[index] ?? 0;
        if (!this.#gone.has(uid)) uids.push(uid);
      }
    }
    return uids;
  }

  /** UIDs of the messages that EXPUNGE removes, those that the client does not know of included. */
  get deletedUids(): number[] {
    return this.#messages.flatMap(({ uid, flags }) => {
      return flags.includes("\\Deleted") && !this.#gone.has(uid) ? uid : [];
    });
  }

  /** Place of a message; -1 when it is not here. */
  indexOf(uid: number): number {
    const index = this.#lowerBound(uid);
    return this.#uids[index] === uid ? index : -1;
  }

  /** The client gets this message's flags by way of a command. */
  toldFlags(uid: number): void {
    this.#changed.delete(uid);
  }

  /** @returns whether the mailbox has keywords that the client does not know; it is told of them now. */
  learnKeywords(): boolean {
    const { length } = this.mailbox.keywords;
    const news = length !== this.#keywords;
    this.#keywords = length;
    return news;
  }

  /**
   * What the client does not know yet, in an order that it may be told in; afterwards it knows.
   * @param expunges whether it may be told now of messages that are gone.
   * @param most so many messages are told of; the others `isOwed`. All by default.
   */
  *tell(expunges: boolean, most = Number.POSITIVE_INFINITY): Generator<Told> {
    let left = most;
    for (const uid of this.#changed) {
      if (left === 0) return;
      left--;
      this.#changed.delete(uid);
      const index = this.indexOf(uid);
      const message = this.#messages[index];
      if (message && index < this.#known && !this.#gone.has(uid)) yield { type: "flags", number: index + 1, message };
    }
    if (expunges) yield* this.#tellExpunges(left);
    // What has arrived comes after what was there: its numbers depend on that.
    if (expunges && this.#gone.size > 0) return;
    this.#known = this.#uids.length;
    if (this.#arrived) yield { type: "exists", messages: this.#known, recent: this.recent };
    this.#arrived = false;
  }

  /** There is more to `tell`. */
  isOwed(expunges: boolean): boolean {
    return this.#changed.size > 0 || (expunges && this.#gone.size > 0) || this.#arrived;
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.mailbox.close();
  }

  #apply(change: MailboxChange): void {
    switch (change.type) {
      case "mailbox.appended":
        for (const message of change.messages) {
          this.#messages.push(message);
          this.#uids.push(message.uid);
        }
        this.#arrived = true;
        break;
      case "mailbox.flagsChanged":
        for (const message of change.messages) this.#replace(message, change.own);
        break;
      case "mailbox.expunged":
        for (const uid of change.uids) if (this.indexOf(uid) >= 0) this.#gone.add(uid);
        break;
      case "mailbox.deleted":
        this.deleted = true;
        break;
      case "mailbox.renamed":
        return;
    }
    this.#onChange();
  }

  /** Who changed the flags is told by the command that did; all others when it is their time. */
  #replace(message: MessageSummary, own: boolean): void {
    const index = this.indexOf(message.uid);
    if (index < 0) return;
    this.#messages[index] = message;
    if (!own) this.#changed.add(message.uid);
  }

  /** What arrived and is gone again is not told of at all. */
  *#tellExpunges(most: number): Generator<Told> {
    const places: number[] = [];
    for (const uid of this.#gone) {
      if (places.length === most) break;
      places.push(this.indexOf(uid));
      this.#gone.delete(uid);
    }
    places.sort((a, b) => a - b);
    const told = places.filter((place) => place < this.#known);
    this.#remove(places);
    this.#known -= told.length;
    for (const [before, place] of told.entries()) yield { type: "expunge", number: place + 1 - before };
  }

  /** @param places ascending. */
  #remove(places: readonly number[]): void {
    const [messages, uids] = [this.#messages, this.#uids];
    let end = places[0] ?? messages.length;
    let next = 0;
    for (let index = end; index < messages.length; index++) {
      const message = messages[index];
      if (index === places[next]) next++;
      else if (message) {
        messages[end] = message;
        uids[end] = message.uid;
        end++;
      }
    }
    messages.length = end;
    uids.length = end;
  }

  #firstRecent(): number {
    return Math.min(this.#lowerBound(this.mailbox.recentFrom), this.#known);
  }

  /** Place of the first message whose UID is not smaller. */
  #lowerBound(uid: number): number {
    let low = 0;
    let high = this.#uids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
