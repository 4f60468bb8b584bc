import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../store/store-error.ts";

/**
 * One entry a version; `PRAGMA user_version` counts those that were carried out. What was released is never changed.
 *
 * UIDs follow RFC 9051 2.3.1.1: `uid_next` only grows, in the transaction that uses it. `uid_validity` is the time of
 * the mailbox's making in seconds, and never that of any mailbox before, so that it also names a mailbox for good. Times
 * are milliseconds since 1970. `flags` has bits 0 to 4 for the system flags in the order of their names, then keywords.
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
  `
  -- The highest UIDVALIDITY ever given: a deleted mailbox's is not given again.
  CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO counter SELECT 'uid_validity', coalesce(max(uid_validity), 0) FROM mailbox;

  -- provisioned: its first mailboxes were made. used: octets of all its messages.
  ALTER TABLE account ADD COLUMN provisioned INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE account ADD COLUMN used INTEGER NOT NULL DEFAULT 0;

  -- A name without messages is not selectable. Messages from recent_from on are recent.
  ALTER TABLE mailbox ADD COLUMN selectable INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE mailbox ADD COLUMN special_use TEXT NOT NULL DEFAULT '';
  ALTER TABLE mailbox ADD COLUMN modseq INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE mailbox ADD COLUMN recent_from INTEGER NOT NULL DEFAULT 1;
  CREATE UNIQUE INDEX mailbox_uid_validity ON mailbox (uid_validity);

  -- A message's flags have the bit of each of its keywords.
  CREATE TABLE keyword (
    mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    bit INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (mailbox, bit)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE subscription (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE script (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    name TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    bytes BLOB NOT NULL,
    PRIMARY KEY (account, name)
  ) STRICT;
  CREATE UNIQUE INDEX script_active ON script (account) WHERE active;

  -- size is the content's, so that a mailbox is read without its contents.
  ALTER TABLE message ADD COLUMN modseq INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE message ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
  UPDATE message SET size = (SELECT content.size FROM content WHERE content.key = message.content);
  UPDATE account SET used = (
    SELECT coalesce(sum(message.size), 0) FROM message JOIN mailbox ON mailbox.id = message.mailbox
    WHERE mailbox.account = account.id
  );

  -- Envelope and MIME structure as JSON; null until somebody asks.
  ALTER TABLE content ADD COLUMN structure TEXT;
  `,
  `
  -- Structures are written and read otherwise; they are found again when somebody asks.
  UPDATE content SET structure = NULL;
  `,
  `
  -- What lists and searches ask of a message, so that they need not read it. fields: common header fields as they stand.
  CREATE TABLE outline (
    content INTEGER PRIMARY KEY REFERENCES content ON DELETE CASCADE,
    structure TEXT NOT NULL,
    fields BLOB
  ) STRICT;

  -- Folded as a search compares; null where only the header can say. Apart from the outlines: a search reads all of it.
  CREATE TABLE search_text (
    content INTEGER PRIMARY KEY REFERENCES content ON DELETE CASCADE,
    subject TEXT,
    sender TEXT,
    recipient TEXT,
    cc TEXT,
    bcc TEXT
  ) STRICT;

  -- Contents up to this key still need theirs, the newest first: content.structure is for these alone.
  INSERT INTO counter SELECT 'outlines_due', coalesce(max(key), 0) FROM content;
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

/** For a server that joins another one, which goes on writing. @throws StoreError when the database is not of this version. */
export function expectSharedSchema(database: DatabaseSync): void {
  const version = schemaVersion(database);
  refuseNewer(version);
  if (version < MIGRATIONS.length) {
    const text = `This version changes the mail database (from ${version} to ${MIGRATIONS.length}), which the running server uses: stop that, and start this one.`;
    throw new StoreError("store-version", text);
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
