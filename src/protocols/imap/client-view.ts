import type { Mailbox, MailboxChange, MessageSummary } from "../mailbox.ts";
import { type IndexRange, indexesOfSequenceNumbers, indexesOfUids, type SequenceSet } from "./grammar/sequence-set.ts";

/** An update for the client. Expunges come one by one: the number of each allows for those before it. */
export type ClientUpdate =
  | { readonly type: "flags"; readonly number: number; readonly message: MessageSummary }
  | { readonly type: "expunge"; readonly number: number }
  | { readonly type: "exists"; readonly messages: number; readonly recent: number };

/**
 * The mailbox as its client knows it. Sequence numbers are places in this list, so a message that is gone keeps its place
 * until the client has been notified (RFC 3501 section 7.4.1), and one that has arrived has no place until then.
 */
export class ClientView {
  readonly mailbox: Mailbox;
  /** The mailbox has been deleted. */
  deleted = false;
  /** Why changes no longer arrive; null while they do. */
  failure: unknown = null;

  readonly #messages: MessageSummary[];
  readonly #uids: number[];
  /** How many messages the client knows of; the rest have arrived since. */
  #known: number;
  /** Messages whose flags are not what the client knows. */
  readonly #changed = new Set<number>();
  /** Messages that are gone and that the client still counts. */
  readonly #gone = new Set<number>();
  /** How many of the mailbox's keywords the client knows; keywords are never removed. */
  #keywords: number;
  #arrived = false;
  readonly #subscription: { unsubscribe(): void };
  readonly #onChange: () => void;

  /** @param onChange called after each change that the client may have to be notified of. */
  constructor(mailbox: Mailbox, onChange: () => void) {
    this.mailbox = mailbox;
    this.#onChange = onChange;
    this.#messages = [...mailbox.messages];
    this.#uids = this.#messages.map(({ uid }) => uid);
    this.#known = this.#messages.length;
    this.#keywords = mailbox.keywords.length;
    this.#subscription = mailbox.changes$.subscribe({
      next: (change) => this.#take(change),
      error: (reason: unknown) => this.#fail(reason ?? new Error("The changes of the mailbox ended in an error.")),
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

  /** The message at this place has been expunged. */
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
  flagsSent(uid: number): void {
    this.#changed.delete(uid);
  }

  /** @returns whether the mailbox has keywords that are new to the client; the caller sends them now. */
  learnKeywords(): boolean {
    const { length } = this.mailbox.keywords;
    const news = length !== this.#keywords;
    this.#keywords = length;
    return news;
  }

  /**
   * The updates that the client does not have yet, in an order that the protocol allows; afterwards it has them.
   * @param expunges whether expunges may be sent now.
   * @param most the largest number of messages to report; `isOwed` says whether some are left. Default: all.
   */
  *tell(expunges: boolean, most = Number.POSITIVE_INFINITY): Generator<ClientUpdate> {
    let left = most;
    for (const uid of this.#changed) {
      if (left === 0) return;
      left--;
      this.#changed.delete(uid);
      const index = this.indexOf(uid);
      const message = this.#messages[index];
      if (message && index < this.#known && !this.#gone.has(uid)) yield { type: "flags", number: index + 1, message };
    }
    if (expunges) yield* this.#expungeUpdates(left);
    // What has arrived comes after what was there: its numbers depend on that.
    if (expunges && this.#gone.size > 0) return;
    this.#known = this.#uids.length;
    if (this.#arrived) yield { type: "exists", messages: this.#known, recent: this.recent };
    this.#arrived = false;
  }

  /** Whether `tell` has more. */
  isOwed(expunges: boolean): boolean {
    return this.#changed.size > 0 || (expunges && this.#gone.size > 0) || this.#arrived;
  }

  /** @returns a promise where the mailbox's is asynchronous. */
  close(): unknown {
    let done: unknown;
    try {
      this.#subscription.unsubscribe();
    } finally {
      done = this.mailbox.close();
    }
    return done;
  }

  /** What is no change is thrown at nobody: an Observable would leave it to the process. */
  #take(change: MailboxChange): void {
    try {
      this.#apply(change);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(reason: unknown): void {
    this.failure = reason;
    this.#onChange();
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

  /** The command that changed the flags reports them to its own client; other clients get them in their turn. */
  #replace(message: MessageSummary, own: boolean): void {
    const index = this.indexOf(message.uid);
    if (index < 0) return;
    this.#messages[index] = message;
    if (!own) this.#changed.add(message.uid);
  }

  /** A message that arrived and was expunged before the client knew of it is never reported. */
  *#expungeUpdates(most: number): Generator<ClientUpdate> {
    const places: number[] = [];
    for (const uid of this.#gone) {
      if (places.length === most) break;
      places.push(this.indexOf(uid));
      this.#gone.delete(uid);
    }
    places.sort((a, b) => a - b);
    const known = places.filter((place) => place < this.#known);
    this.#remove(places);
    this.#known -= known.length;
    for (const [before, place] of known.entries()) yield { type: "expunge", number: place + 1 - before };
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
