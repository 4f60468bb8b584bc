import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { openStore, type Store, type StoreOptions } from "../../src/mailbox/index.ts";
import { storeOn } from "../../src/mailbox/open-store.ts";
import { StoreThread } from "../../src/mailbox/store/store-thread.ts";
import { type MailboxChange, MailboxError } from "../../src/protocols/mailbox.ts";
import { described } from "./described.ts";
import { bodyOf, bytesOf, letter } from "./letters.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const ANN = { username: "ann@example.com", roles: [] };

async function openUntilEnd(directory: string, options: StoreOptions = {}): Promise<Store> {
  const store = await openStore(directory, options);
  onTestFinished(() => store.close());
  return store;
}

const bodyFrom = (bytes: Buffer) => Readable.from([bytes], { objectMode: false });

test("UIDs and UIDVALIDITY do not go back when a server is killed, and nothing acknowledged is undone.", async () => {
  const directory = join(temporaryDirectory(), "data");
  const script = fileURLToPath(new URL("./children/change-until-killed.ts", import.meta.url));
  const seen = new Map<number, string>();
  const validities = new Set<string>();
  for (const _round of [1, 2, 3]) {
    const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const exited = once(child, "exit");
    const highest = Math.max(0, ...seen.keys());
    const limit = 40 + Math.floor(Math.random() * 100);
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [uidValidity = "", uid, state = ""] = line.split(" ");
      if (state === "appended") expect(Number(uid)).toBeGreaterThan(highest);
      validities.add(uidValidity);
      seen.set(Number(uid), state);
      lines += 1;
      if (lines === limit) child.kill("SIGKILL");
    }
    expect(await exited).toEqual([null, "SIGKILL"]);

    const store = await openStore(directory);
    const account = await store.mailboxes.open(ANN);
    const inbox = await account.select("INBOX", { readOnly: true });
    const present = new Set(inbox.messages.map(({ uid }) => uid));
    for (const [uid, state] of seen) {
      if (state === "removed") expect(present.has(uid)).toBe(false);
      if (state === "kept") expect(present.has(uid)).toBe(true);
    }
    expect(inbox.uidNext).toBeGreaterThan(Math.max(...seen.keys()));
    const archive = await account.select("Archive", { readOnly: true });
    const sizes = [...inbox.messages, ...archive.messages].map(({ size }) => size);
    expect(await account.quota()).toMatchObject({
      messages: sizes.length,
      used: sizes.reduce((sum, size) => sum + size, 0),
    });
    expect(readdirSync(join(directory, "messages"))).toHaveLength(sizes.filter((size) => size > 65_536).length);
    await store.close();
  }
  expect(validities.size).toBe(1);
});

test("A database of version 1 gets mailboxes, sizes and modification sequences; structures when they are asked for.", async () => {
  const directory = temporaryDirectory();
  const fresh = await openStore(directory);
  const text = "Subject: old\r\nContent-Type: text/html\r\n\r\n<p>\r\n";
  await fresh.deliver(letter(bodyOf(Buffer.from(text)), { to: ["ann@example.com", "bob@example.com"] }));
  await fresh.deliver(letter(bodyOf(bytesOf(100_000))));
  await fresh.close();
  const database = new DatabaseSync(join(directory, "mail.sqlite"));
  database.exec(`
    DROP TABLE outline; DROP TABLE search_text; DROP TABLE counter; DROP TABLE keyword; DROP TABLE subscription; DROP TABLE script;
    DELETE FROM mailbox WHERE name <> 'INBOX';
    DROP INDEX mailbox_uid_validity;
    ALTER TABLE account DROP COLUMN provisioned; ALTER TABLE account DROP COLUMN used;
    ALTER TABLE mailbox DROP COLUMN selectable; ALTER TABLE mailbox DROP COLUMN special_use;
    ALTER TABLE mailbox DROP COLUMN modseq; ALTER TABLE mailbox DROP COLUMN recent_from;
    ALTER TABLE message DROP COLUMN modseq; ALTER TABLE message DROP COLUMN size;
    ALTER TABLE content DROP COLUMN structure;
    PRAGMA user_version = 1;`);
  database.close();

  const store = await openUntilEnd(directory);
  const account = await store.mailboxes.open(ANN);
  expect((await account.list()).map(({ name }) => name)).toEqual([
    "INBOX",
    "Archive",
    "Drafts",
    "Junk",
    "Sent",
    "Trash",
  ]);
  expect(await account.quota()).toEqual({ used: 100_000 + text.length, messages: 2, limit: null });
  const inbox = await account.select("INBOX", { readOnly: false });
  expect(inbox.messages).toMatchObject([
    { uid: 1, size: text.length, flags: [] },
    { uid: 2, size: 100_000 },
  ]);
  for (const _twice of [1, 2]) {
    const structures = await described(inbox, [1, 2]);
    expect(structures.get(1)?.envelope.subject).toBe("old");
    expect(structures.get(1)?.root).toMatchObject({ type: "TEXT", subtype: "HTML" });
    expect(structures.size).toBe(2);
  }
  await account.create("again");
  expect((await account.status("again")).uidValidity).toBeGreaterThan(inbox.uidValidity);
});

test("Content that no message refers to any more is removed, and not before.", async () => {
  const directory = temporaryDirectory();
  const store = await openUntilEnd(directory);
  await store.deliver(letter(bodyOf(bytesOf(100_000)), { to: ["ann@example.com", "bob@example.com"] }));
  const files = () => readdirSync(join(directory, "messages")).length;
  for (const [username, left] of [
    ["ann@example.com", 1],
    ["bob@example.com", 0],
  ] as const) {
    const account = await store.mailboxes.open({ username, roles: [] });
    const maildrop = await account.lockMaildrop();
    await maildrop.remove([1]);
    expect(files()).toBe(left);
  }
  const account = await store.mailboxes.open(ANN);
  await account.create("gone");
  await account.append("gone", { body: bodyFrom(bytesOf(100_000)) });
  await account.append("gone", { body: bodyFrom(bytesOf(10)) });
  expect(files()).toBe(1);
  await account.delete("gone");
  expect(files()).toBe(0);
  expect(await account.quota()).toMatchObject({ used: 0, messages: 0 });
});

test("Where there is no room, changes say so and leave everything as it was.", async () => {
  const store = await openUntilEnd(temporaryDirectory(), { maxDatabaseSize: 500_000 });
  const account = await store.mailboxes.open(ANN);
  const ends: unknown[] = [];
  while (ends.length < 50 && !ends.includes("storage-full")) {
    ends.push(
      await account.append("INBOX", { body: bodyFrom(bytesOf(60_000)) }).catch((error: MailboxError) => error.code),
    );
  }
  expect(ends.at(-1)).toBe("storage-full");
  const kept = ends.length - 1;
  expect(await account.status("INBOX")).toMatchObject({ messages: kept, uidNext: kept + 1 });
});

test("When the writing thread dies, sessions hear of what it had done, and go on.", async () => {
  const directory = temporaryDirectory();
  const thread = new StoreThread({ directory, readOnly: false, maxDatabaseSize: null, busyTimeout: 1000 });
  await thread.open();
  const store = storeOn(directory, thread);
  onTestFinished(() => store.close());
  const account = await store.mailboxes.open(ANN);
  for (const size of [1, 2, 3]) await account.append("INBOX", { body: bodyFrom(bytesOf(size)) });
  const inbox = await account.select("INBOX", { readOnly: false });
  const changes: MailboxChange[] = [];
  inbox.changes$.subscribe((change) => changes.push(change));

  // What the thread would have told, had it lived.
  const other = new DatabaseSync(join(directory, "mail.sqlite"));
  other.exec(`
    DELETE FROM message WHERE uid = 1;
    UPDATE message SET flags = 16, modseq = 9 WHERE uid = 2;
    UPDATE mailbox SET modseq = 10 WHERE name = 'INBOX';`);
  other.exec("BEGIN EXCLUSIVE");
  const call = vi.spyOn(thread, "call");
  const interrupted = inbox.store([3], { mode: "add", flags: ["\\Flagged"] });
  const rejected = expect(interrupted).rejects.toThrow(MailboxError);
  while (call.mock.calls.length === 0) await setImmediate();
  await setImmediate();
  await thread.terminate();
  other.exec("ROLLBACK");
  other.close();
  await rejected;
  while (changes.length < 2) await setImmediate();
  expect(changes).toMatchObject([
    { type: "mailbox.expunged", uids: [1], own: false },
    { type: "mailbox.flagsChanged", messages: [{ uid: 2, flags: ["\\Seen"] }] },
  ]);
  await inbox.store([3], { mode: "add", flags: ["\\Flagged"] });
  expect(changes.at(-1)).toMatchObject({ messages: [{ uid: 3, flags: ["\\Flagged"] }], own: true });
});

test("Changes of many sessions share commits.", async () => {
  const store = await openUntilEnd(temporaryDirectory());
  const account = await store.mailboxes.open(ANN);
  for (let count = 0; count < 100; count += 1) await store.deliver(letter(bodyOf(bytesOf(10))));
  const before = store.statistics().commits;
  const inbox = await account.select("INBOX", { readOnly: false });
  const uids = inbox.messages.map(({ uid }) => uid);
  const all = uids.map((uid) => inbox.store([uid], { mode: "add", flags: ["\\Seen"] }));
  const refused = inbox.copy([999], "Archive").catch((error: MailboxError) => error.code);
  await Promise.all(all);
  expect(await refused).toBe("message-missing");
  expect(store.statistics().commits - before).toBeLessThan(20);
  expect((await account.status("INBOX")).unseen).toBe(0);
});
