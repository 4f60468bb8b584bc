/** The mail database, as the store's thread holds it. Everything here blocks. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { DEFAULT_MAILBOX_LIMITS, MailboxError, type MailboxLimits } from "../../protocols/mailbox.ts";
import {
  contentFile,
  databaseFile,
  emptySpool,
  prepareFolder,
  removeOrphans,
  spoolFile,
} from "../store/data-folder.ts";
import { type Failure, toFailure } from "../store/failure.ts";
import { FolderLock } from "../store/folder-lock.ts";
import {
  type Calls,
  type ChangeSet,
  type CommitReply,
  type Content,
  contentOfWrite,
  type OpenRequest,
  type Page,
  type StoredMessage,
  type Write,
  type WriteResult,
} from "../store/store-calls.ts";
import { StoreError, toStoreError } from "../store/store-error.ts";
import { syncDirectory } from "../store/sync-directory.ts";
import { reportOf } from "./change-report.ts";
import { MailReads } from "./mail-reads.ts";
import { MessageReads } from "./message-reads.ts";
import { outlinesDue } from "./outline-rows.ts";
import { expectSchema, expectSharedSchema, migrate } from "./schema.ts";
import { Statements } from "./statements.ts";
import type { WriteContext } from "./write-context.ts";
import { carryOut } from "./writes.ts";

export class MailDatabase {
  readonly #directory: string;
  readonly #limits: MailboxLimits;
  readonly #sql: Statements;
  readonly #lock: FolderLock | null;
  readonly reads: MailReads;
  readonly messages: MessageReads;

  /** @throws StoreError */
  constructor(options: OpenRequest) {
    this.#directory = options.directory;
    this.#limits = options.limits ?? DEFAULT_MAILBOX_LIMITS;
    try {
      this.#lock = options.readOnly ? null : takeFolder(options);
    } catch (error) {
      throw toStoreError(error, options.directory);
    }
    try {
      const { isAlone = false } = this.#lock ?? {};
      this.#sql = new Statements(options.readOnly ? openForReading(options) : openForWriting(options, isAlone));
      this.reads = new MailReads(this.#sql);
      this.messages = new MessageReads(this.#sql, options.directory);
    } catch (error) {
      this.#lock?.close();
      throw toStoreError(error, options.directory);
    }
    if (!this.#lock?.isAlone) return;
    try {
      if (options.first) emptySpool(options.directory);
      removeOrphans(options.directory, (id) => this.content(id) !== null);
      this.#lock.share();
    } catch (error) {
      this.close();
      throw toStoreError(error, options.directory);
    }
  }

  /** An earlier version kept messages here, and not all have their outlines. */
  get lacksOutlines(): boolean {
    return outlinesDue(this.#sql) > 0;
  }

  /**
   * Carries out all writes in one transaction, durable when this returns. A write that the mailbox refuses takes back only
   * what it did itself. When the transaction fails, each write gets one of its own, so that a message which is too large
   * for what room is left does not take the others with it.
   */
  commit(writes: readonly Write[]): { readonly reply: CommitReply; readonly changes: readonly ChangeSet[] } {
    const results: (WriteResult | null)[] = this.#moveSpooled(writes).map((failure) => failure && { failure });
    const changes: ChangeSet[] = [];
    let commits = 0;
    const commitOne = (indexes: readonly number[]): Failure | null => {
      const outcome = this.#transaction(indexes.flatMap((index) => writes[index] ?? []));
      if ("failure" in outcome) return outcome.failure;
      commits += 1;
      changes.push(...outcome.changes);
      for (const [position, index] of indexes.entries()) results[index] = outcome.results[position] ?? null;
      return null;
    };
    const ready = writes.flatMap((_, index) => (results[index] ? [] : [index]));
    const common = ready.length > 0 ? commitOne(ready) : null;
    for (const index of common ? ready : []) {
      // Waiting for a lock once more for each write would hold everybody up.
      const failure = ready.length === 1 || common?.code === "store-busy" ? common : commitOne([index]);
      if (failure) results[index] = { failure };
    }
    for (const [index, write] of writes.entries()) this.#dropRefused(write, results[index] ?? null);
    return { reply: { commits, results: results.map((result) => result ?? { reply: null }) }, changes };
  }

  page({ account, after, limit }: Calls["page"]["request"]): Page {
    const rows = this.#sql.all(
      `
      SELECT message.id AS position, content.id, address, name, uid, content.size, sender, recipient, internal_date, helo,
        received_from, authenticated_as, tls
      FROM message JOIN content ON content.key = message.content JOIN mailbox ON mailbox.id = message.mailbox
        JOIN account ON account.id = mailbox.account
      WHERE message.id > ? ${account === null ? "" : "AND address = ?"} ORDER BY message.id LIMIT ?`,
      ...(account === null ? [after, limit] : [after, account, limit]),
    );
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { messages: rows.map(toStoredMessage), next: last ? Number(last["position"]) : null };
  }

  /** Null when there is none of this id. */
  content(id: string): Content | null {
    const row = this.#sql.get("SELECT bytes FROM content WHERE id = ?", id);
    if (!row) return null;
    return { bytes: row["bytes"] instanceof Uint8Array ? row["bytes"] : null };
  }

  /** @param milliseconds for another process's lock */
  wait(milliseconds: number): void {
    this.#sql.exec(`PRAGMA busy_timeout = ${milliseconds}`);
  }

  close(): void {
    this.#sql.close();
    this.#lock?.close();
  }

  /** Gives spooled content its final name; durable before any row speaks of it. */
  #moveSpooled(writes: readonly Write[]): (Failure | null)[] {
    let moved = false;
    const failures = writes.map((write) => {
      const content = contentOfWrite(write);
      if (!content || content.bytes !== null) return null;
      try {
        renameSync(spoolFile(this.#directory, content.id), contentFile(this.#directory, content.id));
        moved = true;
        return null;
      } catch (error) {
        return toFailure(error);
      }
    });
    if (!moved) return failures;
    try {
      syncDirectory(join(this.#directory, "messages"));
      return failures;
    } catch (error) {
      const failure = toFailure(error);
      return failures.map((earlier, index) => {
        const write = writes[index];
        return earlier ?? (write && contentOfWrite(write)?.bytes === null ? failure : null);
      });
    }
  }

  /** Removes the file of content that was not kept. */
  #dropRefused(write: Write, result: WriteResult | null): void {
    const content = contentOfWrite(write);
    if (!content || content.bytes !== null || !result) return;
    // A delivery for which no recipient had room succeeded without keeping anything.
    if ("failure" in result || this.content(content.id) === null) this.#removeFile(content.id);
  }

  /**
   * Nearly no write is refused, so at first there are no savepoints, for which SQLite would copy each page that a write
   * touches. When one is refused, all are carried out again, each in a savepoint of its own.
   */
  #transaction(writes: readonly Write[]): Outcome | { readonly failure: Failure } {
    const outcome = this.#attempt(writes, (context, write) => ({ reply: carryOut(context, write) }));
    if (!("refusal" in outcome)) return outcome;
    if (writes.length === 1) return { results: [{ failure: outcome.refusal }], changes: [] };
    const again = this.#attempt(writes, (context, write) => this.#carryOut(context, write));
    return "refusal" in again ? { failure: again.refusal } : again;
  }

  #attempt(
    writes: readonly Write[],
    carryOutOne: (context: WriteContext, write: Write) => WriteResult,
  ): Outcome | { readonly failure: Failure } | { readonly refusal: Failure } {
    const context: WriteContext = { sql: this.#sql, limits: this.#limits, changes: [], unreferenced: [] };
    try {
      this.#sql.run("BEGIN IMMEDIATE");
      const results = writes.map((write) => carryOutOne(context, write));
      const changes = reportOf(context);
      this.#sql.run("COMMIT");
      for (const id of context.unreferenced) this.#removeFile(id);
      return { results, changes };
    } catch (error) {
      this.#rollBack();
      return error instanceof MailboxError ? { refusal: toFailure(error) } : { failure: toFailure(error) };
    }
  }

  #carryOut(context: WriteContext, write: Write): WriteResult {
    const [changes, unreferenced] = [context.changes.length, context.unreferenced.length];
    this.#sql.run("SAVEPOINT write");
    try {
      const reply = carryOut(context, write);
      this.#sql.run("RELEASE write");
      return { reply };
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error;
      this.#sql.exec("ROLLBACK TO write; RELEASE write");
      context.changes.length = changes;
      context.unreferenced.length = unreferenced;
      return { failure: toFailure(error) };
    }
  }

  #rollBack(): void {
    try {
      this.#sql.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full, or the transaction never began.
    }
  }

  /** One that cannot be removed now is an orphan, which the next opening removes. */
  #removeFile(id: string): void {
    try {
      rmSync(contentFile(this.#directory, id), { force: true });
    } catch {}
  }
}

interface Outcome {
  readonly results: readonly WriteResult[];
  readonly changes: readonly ChangeSet[];
}

function takeFolder({ directory, joins }: OpenRequest): FolderLock {
  prepareFolder(directory);
  try {
    return FolderLock.take(directory);
  } catch (error) {
    if (joins && error instanceof StoreError && error.code === "store-in-use") return FolderLock.join(directory);
    throw error;
  }
}

function openForWriting({ directory, busyTimeout, maxDatabaseSize }: OpenRequest, isAlone: boolean): DatabaseSync {
  const database = new DatabaseSync(databaseFile(directory), { timeout: busyTimeout });
  try {
    // synchronous=FULL makes WAL fsync(2) at every commit; fullfsync does so on macOS, where fsync(2) does not.
    database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864`);
    if (maxDatabaseSize !== null) {
      const pageSize = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxDatabaseSize / pageSize))}`);
    }
    if (isAlone) migrate(database);
    else expectSharedSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openForReading({ directory, busyTimeout }: OpenRequest): DatabaseSync {
  const file = databaseFile(directory);
  if (!existsSync(file)) {
    throw new StoreError("store-missing", `There is no mail in ${directory}; start the server first, or give --data.`);
  }
  const database = new DatabaseSync(file, { readOnly: true, timeout: busyTimeout });
  try {
    expectSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function toStoredMessage(row: Record<string, SQLOutputValue>): StoredMessage {
  return {
    id: String(row["id"]),
    account: String(row["address"]),
    mailbox: String(row["name"]),
    uid: Number(row["uid"]),
    size: Number(row["size"]),
    sender: String(row["sender"]),
    recipient: String(row["recipient"]),
    receivedAt: new Date(Number(row["internal_date"])),
    helo: textOrNull(row["helo"]),
    receivedFrom: textOrNull(row["received_from"]),
    authenticatedAs: textOrNull(row["authenticated_as"]),
    tls: textOrNull(row["tls"]),
  };
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
