/** The mail database, as the store's thread holds it. Everything here blocks. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { contentFile, databaseFile, emptySpool, prepareFolder, removeOrphans, spoolFile } from "./data-folder.ts";
import { lockFolder } from "./folder-lock.ts";
import { expectSchema, migrate } from "./schema.ts";
import type {
  Calls,
  CommitReply,
  Content,
  Delivery,
  DeliveryRecipient,
  OpenRequest,
  Page,
  StoredMessage,
} from "./store-calls.ts";
import { StoreError, type StoreFailure, toStoreError, toStoreFailure } from "./store-error.ts";
import { syncDirectory } from "./sync-directory.ts";

/** Where mail arrives (RFC 9051 5.1). */
const INBOX = "INBOX";

export class MailDatabase {
  readonly #directory: string;
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseSync | null;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws StoreError */
  constructor(options: OpenRequest) {
    this.#directory = options.directory;
    try {
      this.#lock = options.readOnly ? null : takeFolder(options.directory);
    } catch (error) {
      throw toStoreError(error);
    }
    try {
      this.#database = options.readOnly ? openForReading(options) : openForWriting(options);
    } catch (error) {
      this.#lock?.close();
      throw toStoreError(error);
    }
    if (options.readOnly) return;
    try {
      if (options.first) emptySpool(options.directory);
      removeOrphans(options.directory, (id) => this.content(id) !== null);
    } catch (error) {
      this.close();
      throw toStoreError(error);
    }
  }

  /**
   * Stores all deliveries in one transaction, durable when this returns. When that fails, each gets a transaction of
   * its own, so that one which is too large for what room is left does not take the others with it.
   */
  commit(deliveries: readonly Delivery[]): CommitReply {
    const failures: (StoreFailure | null)[] = this.#moveSpooled(deliveries);
    const moved = deliveries.filter((_, index) => failures[index] === null);
    if (moved.length === 0) return { commits: 0, failures };
    const common = this.#transaction(moved);
    if (common === null) return { commits: 1, failures };
    let commits = 0;
    for (const [index, delivery] of deliveries.entries()) {
      if (failures[index] !== null) continue;
      // Waiting for a lock once more for each delivery would hold everybody up.
      const failure = moved.length === 1 || common.code === "store-busy" ? common : this.#transaction([delivery]);
      failures[index] = failure;
      if (failure === null) commits += 1;
      else if (delivery.bytes === null) rmSync(contentFile(this.#directory, delivery.id), { force: true });
    }
    return { commits, failures };
  }

  page({ account, after, limit }: Calls["page"]["request"]): Page {
    const rows = this.#prepare(`
      SELECT message.id AS position, content.id, address, name, uid, size, sender, recipient, internal_date, helo,
        received_from, authenticated_as, tls
      FROM message JOIN content ON content.key = message.content JOIN mailbox ON mailbox.id = message.mailbox
        JOIN account ON account.id = mailbox.account
      WHERE message.id > ? ${account === null ? "" : "AND address = ?"} ORDER BY message.id LIMIT ?`).all(
      ...(account === null ? [after, limit] : [after, account, limit]),
    );
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { messages: rows.map(toStoredMessage), next: last ? Number(last["position"]) : null };
  }

  /** Null when there is none of this id. */
  content(id: string): Content | null {
    const row = this.#prepare("SELECT bytes FROM content WHERE id = ?").get(id);
    if (!row) return null;
    return { bytes: row["bytes"] instanceof Uint8Array ? row["bytes"] : null };
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
    this.#lock?.close();
  }

  /** Gives spooled content its final name; durable before any row speaks of it. */
  #moveSpooled(deliveries: readonly Delivery[]): (StoreFailure | null)[] {
    let moved = false;
    const failures = deliveries.map((delivery) => {
      if (delivery.bytes !== null) return null;
      try {
        renameSync(spoolFile(this.#directory, delivery.id), contentFile(this.#directory, delivery.id));
        moved = true;
        return null;
      } catch (error) {
        return toStoreFailure(error);
      }
    });
    if (!moved) return failures;
    try {
      syncDirectory(join(this.#directory, "messages"));
      return failures;
    } catch (error) {
      const failure = toStoreFailure(error);
      return failures.map((earlier, index) => {
        const delivery = deliveries[index];
        if (earlier !== null || delivery?.bytes !== null) return earlier;
        rmSync(contentFile(this.#directory, delivery.id), { force: true });
        return failure;
      });
    }
  }

  #transaction(deliveries: readonly Delivery[]): StoreFailure | null {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const delivery of deliveries) this.#store(delivery);
      this.#database.exec("COMMIT");
      return null;
    } catch (error) {
      this.#rollBack();
      return toStoreFailure(error);
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full, or the transaction never began.
    }
  }

  #store({ id, size, bytes, receivedAt, sender, recipients, trace }: Delivery): void {
    const { lastInsertRowid } = this.#prepare(`
      INSERT INTO content (id, size, received_at, sender, helo, received_from, authenticated_as, tls, bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
      ...[id, size, receivedAt, sender, trace.helo ?? null, trace.receivedFrom ?? null],
      ...[trace.authenticatedAs ?? null, trace.tls ?? null, bytes],
    );
    for (const recipient of recipients) this.#file({ recipient, content: lastInsertRowid, receivedAt });
  }

  #file(entry: { recipient: DeliveryRecipient; content: number | bigint; receivedAt: number }): void {
    const { account, address } = entry.recipient;
    const { mailbox, uid } = this.#nextUid(account) ?? this.#makeInbox(account);
    this.#prepare("INSERT INTO message (mailbox, uid, content, recipient, internal_date) VALUES (?, ?, ?, ?, ?)").run(
      ...[mailbox, uid, entry.content, address, entry.receivedAt],
    );
  }

  #nextUid(account: string): { mailbox: number; uid: number } | null {
    const row = this.#prepare(`
      UPDATE mailbox SET uid_next = uid_next + 1
      WHERE account = (SELECT id FROM account WHERE address = ?) AND name = '${INBOX}'
      RETURNING id, uid_next - 1 AS uid`).get(account);
    return row ? { mailbox: Number(row["id"]), uid: Number(row["uid"]) } : null;
  }

  #makeInbox(account: string): { mailbox: number; uid: number } {
    this.#prepare("INSERT INTO account (address) VALUES (?) ON CONFLICT DO NOTHING").run(account);
    this.#prepare(`
      INSERT INTO mailbox (account, name, uid_validity)
      SELECT id, '${INBOX}', max(unixepoch(), (SELECT coalesce(max(uid_validity), 0) + 1 FROM mailbox))
      FROM account WHERE address = ?`).run(account);
    const made = this.#nextUid(account);
    if (!made) throw new StoreError("store-failed", "A mailbox that was just made is not there.");
    return made;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function takeFolder(directory: string): DatabaseSync {
  prepareFolder(directory);
  return lockFolder(directory);
}

function openForWriting({ directory, busyTimeout, maxDatabaseSize }: OpenRequest): DatabaseSync {
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
    migrate(database);
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
