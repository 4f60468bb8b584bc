import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store-error.ts";

/**
 * One entry a version; `PRAGMA user_version` counts those that were carried out. What was released is never changed.
 *
 * UIDs follow RFC 9051 2.3.1.1: `uid_next` only grows, in the transaction that uses it. `uid_validity` is the time of
 * the mailbox's making in seconds, and never that of an earlier mailbox. Times are milliseconds since 1970.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    name TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid_next INTEGER NOT NULL DEFAULT 1,
    UNIQUE (account, name)
  ) STRICT;

  -- What came in by one transaction, once for all its recipients, and how it came. Without bytes, messages/<id>.eml has them.
  CREATE TABLE content (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    helo TEXT,
    received_from TEXT,
    authenticated_as TEXT,
    tls TEXT,
    bytes BLOB
  ) STRICT;

  -- id grows in the order of arrival; flags is a set of bits: none at first.
  CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    uid INTEGER NOT NULL,
    content INTEGER NOT NULL REFERENCES content,
    recipient TEXT NOT NULL,
    internal_date INTEGER NOT NULL,
    flags INTEGER NOT NULL DEFAULT 0,
    UNIQUE (mailbox, uid)
  ) STRICT;

  CREATE INDEX message_content ON message (content);
  `,
];

/** Brings the database up to this version. @throws StoreError `store-version` when a newer one made it. */
export function migrate(database: DatabaseSync): void {
  const version = schemaVersion(database);
  refuseNewer(version);
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${migration} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/** For readers, who change nothing. @throws StoreError when the database is not of this version. */
export function expectSchema(database: DatabaseSync): void {
  const version = schemaVersion(database);
  if (version === 0) throw new StoreError("store-missing", "Nothing has been stored yet; start the server first.");
  refuseNewer(version);
  if (version < MIGRATIONS.length) {
    throw new StoreError("store-version", "The mail database is of an older version; start the server once.");
  }
}

function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

function refuseNewer(version: number): void {
  if (version <= MIGRATIONS.length) return;
  throw new StoreError(
    "store-version",
    `A newer version made the mail database (${version}, this one knows ${MIGRATIONS.length}); upgrade this one.`,
  );
}
