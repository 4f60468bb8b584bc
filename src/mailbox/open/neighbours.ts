/**
 * What servers that have the same store open say to one another. Each may have one older neighbour, which lets its sessions
 * finish, and one newer. All of them write to the database, under SQLite's own lock: here they report what their commits
 * changed, so that IDLE sees it, and agree on who has a maildrop.
 */
import { MailboxError } from "../../protocols/mailbox.ts";
import { type MaildropLocks, maildropKey } from "../../protocols/maildrop-locks.ts";
import type { MaildropArbiter, NeighbourLine, StoreNeighbours } from "../store/neighbour.ts";
import type { ChangeSet } from "../store/store-calls.ts";
import type { SummaryColumns } from "../store/summary-columns.ts";

/** Arrays in place of typed ones, which JSON does not have. */
type PackedColumns = { readonly [Column in keyof SummaryColumns]: readonly number[] };
type PackedChange =
  | { readonly messages: PackedColumns; readonly change: Omit<ChangeSet, "messages"> }
  | { readonly change: ChangeSet };

type Message =
  | { readonly kind: "changed"; readonly changes: readonly PackedChange[] }
  /** Something was committed and never reported. */
  | { readonly kind: "lost" }
  /** From the older to the newer, which decides for all. */
  | { readonly kind: "lock" | "unlock"; readonly account: string }
  | { readonly kind: "locked"; readonly account: string; readonly granted: boolean };

export interface NeighbouringMailboxes {
  /** What another server's commits changed. */
  changedElsewhere(changes: readonly ChangeSet[]): void;
  lostElsewhere(): void;
}

export class Neighbours implements StoreNeighbours {
  readonly #mailboxes: NeighbouringMailboxes;
  #older: NeighbourLine | null = null;
  #newer: NeighbourLine | null = null;
  /** Of accounts whose maildrops sessions of this server or of older ones have, or ask for. */
  readonly #locks: MaildropLocks;
  /** The keys of those of older servers. */
  readonly #olders = new Set<string>();
  /** In another thread, where that one has the neighbours; null where this one has. */
  readonly #arbiter: MaildropArbiter | null;
  readonly #asked = new Map<string, (granted: boolean) => void>();

  constructor(
    mailboxes: NeighbouringMailboxes,
    { locks, arbiter }: { readonly locks: MaildropLocks; readonly arbiter: MaildropArbiter | null },
  ) {
    this.#mailboxes = mailboxes;
    this.#locks = locks;
    this.#arbiter = arbiter;
  }

  get locked(): readonly string[] {
    return [...this.#locks.entries()];
  }

  addOlder(line: NeighbourLine, locked: readonly string[]): void {
    this.#older = line;
    for (const account of locked) this.#lockElsewhere(account);
    line.onMessage((message) => this.#fromOlder(line, message as Message));
    void line.ended.then(() => {
      this.#older = null;
      for (const account of this.#olders) this.#unlockElsewhere(account);
    });
  }

  addNewer(line: NeighbourLine): void {
    this.#newer = line;
    line.onMessage((message) => this.#fromNewer(message as Message));
    void line.ended.then(() => {
      if (this.#newer === line) this.#newer = null;
      // This server decides again, for its own sessions.
      for (const answer of [...this.#asked.values()]) answer(true);
    });
  }

  changed(changes: readonly ChangeSet[]): void {
    if (!this.#older && !this.#newer) return;
    this.#tell([this.#older, this.#newer], { kind: "changed", changes: changes.map(packed) });
  }

  lost(): void {
    this.#tell([this.#older, this.#newer], { kind: "lost" });
  }

  /**
   * Takes a maildrop for a session of this server.
   * @returns null when it has been taken, a promise where a newer neighbour decides
   * @throws MailboxError `maildrop-locked`
   */
  take(account: string): Promise<void> | null {
    if (!this.#locks.take(account)) throw locked();
    const asked = this.ask(account);
    if (!asked) return null;
    return asked.then((granted) => {
      if (granted) return;
      this.#locks.release(account);
      throw locked();
    });
  }

  release(account: string): void {
    this.#locks.release(account);
    this.freed(account);
  }

  ask(account: string): Promise<boolean> | null {
    if (this.#arbiter) return this.#arbiter.ask(account);
    return this.#newer && this.#askNewer(account);
  }

  freed(account: string): void {
    this.#arbiter?.freed(account);
    this.#tell([this.#newer], { kind: "unlock", account });
  }

  #askNewer(account: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#asked.set(account, (granted) => {
        this.#asked.delete(account);
        resolve(granted);
      });
      this.#tell([this.#newer], { kind: "lock", account });
    });
  }

  #fromOlder(line: NeighbourLine, message: Message): void {
    switch (message.kind) {
      case "lock":
        void this.#lockForOlder(message.account).then((granted) =>
          this.#tell([line], { kind: "locked", account: message.account, granted }),
        );
        break;
      case "unlock":
        this.#unlockElsewhere(message.account);
        break;
      default:
        this.#fromEither(message, this.#newer);
    }
  }

  #fromNewer(message: Message): void {
    if (message.kind === "locked") this.#asked.get(message.account)?.(message.granted);
    else this.#fromEither(message, this.#older);
  }

  #fromEither(message: Message, further: NeighbourLine | null): void {
    if (message.kind === "changed") this.#mailboxes.changedElsewhere(message.changes.map(unpacked));
    if (message.kind === "lost") this.#mailboxes.lostElsewhere();
    this.#tell([further], message);
  }

  async #lockForOlder(account: string): Promise<boolean> {
    if (!this.#lockElsewhere(account)) return false;
    if (!this.#newer || (await this.#askNewer(account))) return true;
    this.#olders.delete(maildropKey(account));
    this.#locks.release(account);
    return false;
  }

  #lockElsewhere(account: string): boolean {
    const isFree = this.#locks.take(account);
    if (isFree) this.#olders.add(maildropKey(account));
    return isFree;
  }

  #unlockElsewhere(account: string): void {
    if (this.#olders.delete(maildropKey(account))) this.#locks.release(account);
    this.#tell([this.#newer], { kind: "unlock", account });
  }

  #tell(lines: readonly (NeighbourLine | null)[], message: Message): void {
    for (const line of lines) line?.send(message);
  }
}

function locked(): MailboxError {
  return new MailboxError("maildrop-locked", "Another session has this maildrop; try again when it has ended.");
}

/** Views are numbered by each server for itself. */
function packed(change: ChangeSet): PackedChange {
  if (!("messages" in change)) return { change: { ...change, view: null } };
  const { messages, ...rest } = change;
  return { change: { ...rest, view: null }, messages: columns(messages, (column) => Array.from(column)) };
}

function unpacked(one: PackedChange): ChangeSet {
  if (!("messages" in one)) return one.change;
  return { ...one.change, messages: columns(one.messages, (column) => Float64Array.from(column)) } as ChangeSet;
}

function columns<From, To>(
  { uid, flags, size, internalDate, modseq }: Readonly<Record<keyof SummaryColumns, From>>,
  convert: (column: From) => To,
): Record<keyof SummaryColumns, To> {
  return {
    uid: convert(uid),
    flags: convert(flags),
    size: convert(size),
    internalDate: convert(internalDate),
    modseq: convert(modseq),
  };
}
