/** One store for several threads: each has mailboxes of its own, and all write by the thread of the one that opened it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { MessagePort } from "node:worker_threads";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { CommitQueue } from "../../src/mailbox/database/commit-queue.ts";
import {
  AccountDirectory,
  BorrowedAccounts,
  Borrower,
  borrowStore,
  hashPassword,
  Lender,
  type Store,
} from "../../src/mailbox/index.ts";
import { storeOn } from "../../src/mailbox/open-store.ts";
import type { Write } from "../../src/mailbox/store/store-calls.ts";
import { StoreThread } from "../../src/mailbox/store/store-thread.ts";
import type { MailboxChange } from "../../src/protocols/mailbox.ts";
import { LocalMaildropLocks } from "../../src/protocols/maildrop-locks.ts";
import { bodyOf, bytesOf, letter } from "./letters.ts";

const ANN = "ann@example.com";
const nobody = { mail: () => ({ accounts: null, hasStore: true }), maildrops: () => null, accounts: () => null };

/** A store, and as many threads that borrow it. */
async function lent(count = 2) {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-"));
  const thread = new StoreThread({ directory, readOnly: false, maxDatabaseSize: null, busyTimeout: 1000 });
  await thread.open();
  const owner = storeOn(directory, thread);
  const lender = new Lender({ ...nobody, writer: () => thread.lend() });
  const ports: MessagePort[] = [];
  const locks = new LocalMaildropLocks();
  const stores: Store[] = [];
  for (let index = 0; index < count; index++) {
    const port = lender.lend();
    ports.push(port);
    stores.push(await borrowStore(directory, new Borrower(port), { locks, thread: index + 1 }));
  }
  const end = async (): Promise<void> => {
    for (const store of stores) await store.close();
    await owner.close();
    for (const port of ports) port.close();
    rmSync(directory, { recursive: true, force: true });
  };
  const [one, other] = stores;
  if (!one || !other) throw new Error("Two at least.");
  return { thread, owner, one, other, end };
}

const accountOf = (store: Store, username: string) => store.mailboxes.open({ username, roles: [] });

async function inboxOf(store: Store, account = ANN) {
  const inbox = await (await accountOf(store, account)).select("INBOX", { readOnly: false });
  const changes: MailboxChange[] = [];
  inbox.changes$.subscribe((change) => changes.push(change));
  return { inbox, changes };
}

const append = async (store: Store, account = ANN) =>
  (await accountOf(store, account)).append("INBOX", { body: Readable.from([Buffer.from("Subject: x\r\n\r\nx\r\n")]) });

describe("a store that several threads borrow", () => {
  let [one, other, both]: [Store, Store, Awaited<ReturnType<typeof lent>>] = [] as never;

  beforeAll(async () => {
    both = await lent();
    ({ one, other } = both);
  });
  afterAll(() => both.end());

  test("Whoever has a mailbox open hears at once of what came by another thread.", async () => {
    const { inbox } = await inboxOf(other);
    const heard = firstValueFrom(inbox.changes$);
    await one.deliver(letter(bodyOf(bytesOf(100))));
    expect(await heard).toMatchObject({ type: "mailbox.appended", own: false, messages: [{ uid: 1, size: 100 }] });
  });

  test("What another thread's client was told of before is there when refresh() resolves.", async () => {
    const bob = "bob@example.com";
    const { inbox, changes } = await inboxOf(other, bob);
    for (let count = 1; count <= 20; count++) {
      await append(one, bob);
      await inbox.refresh();
      expect(changes).toHaveLength(count);
    }
  });

  test("A change is a session's own for that session alone.", async () => {
    const carol = "carol@example.com";
    await append(one, carol);
    const [here, there] = [await inboxOf(one, carol), await inboxOf(other, carol)];
    await here.inbox.store([1], { mode: "add", flags: ["\\Seen", "work"] });
    await there.inbox.refresh();
    expect(here.changes).toMatchObject([{ type: "mailbox.flagsChanged", own: true }]);
    expect(there.changes).toMatchObject([
      { type: "mailbox.flagsChanged", own: false, messages: [{ flags: ["\\Seen", "work"] }] },
    ]);
    await there.inbox.store([1], { mode: "add", flags: ["\\Deleted"] });
    await there.inbox.expunge();
    await here.inbox.refresh();
    expect(here.changes.map(({ type }) => type)).toContain("mailbox.expunged");
    here.inbox.close();
    // Nobody follows the mailbox in that thread any more.
    await append(other, carol);
    expect((await inboxOf(one, carol)).inbox.messages.map(({ uid }) => uid)).toEqual([2]);
  });

  test("One session has a maildrop, whichever thread it is in, and the next one as soon as it is free.", async () => {
    const [ann, again] = [await accountOf(one, ANN), await accountOf(other, ANN)];
    for (let round = 0; round < 5; round++) {
      const maildrop = await ann.lockMaildrop();
      await expect(again.lockMaildrop()).rejects.toMatchObject({ code: "maildrop-locked" });
      maildrop.release();
      (await again.lockMaildrop()).release();
    }
  });

  test("When the writing thread dies, all find the way to the next, and hear of what they missed.", async () => {
    const { thread, one, other, end } = await lent();
    onTestFinished(end);
    const { changes } = await inboxOf(other);
    await thread.terminate();
    // What was called before the end is known here fails; the next call finds the way.
    const appended = () =>
      append(one).then(
        () => true,
        () => false,
      );
    while (!(await appended())) await new Promise(setImmediate);
    while (changes.length === 0) await new Promise(setImmediate);
    expect(changes).toMatchObject([{ type: "mailbox.appended", messages: [{ uid: 1 }] }]);
    await append(other);
    expect(changes).toHaveLength(2);
    expect(one.statistics().commits).toBeGreaterThan(0);
  });

  test("A thread that ends in mid-work leaves the others alone.", async () => {
    const { owner, one, other, end } = await lent();
    onTestFinished(end);
    await Promise.all([one.close(), append(other)]);
    await expect(append(one)).rejects.toMatchObject({ code: "mailbox-unavailable" });
    await append(other);
    expect((await inboxOf(owner)).inbox.messages).toHaveLength(2);
  });
});

test("What several threads write while a commit is under way goes into the next one, with one heavy batch in each.", async () => {
  const commits: string[] = [];
  const queue = new CommitQueue<string>((batches) => commits.push(batches.map(({ caller }) => caller).join("")));
  const light: Write = { name: "open", request: { account: ANN } };
  const heavy: Write = { name: "delete", request: { account: ANN, name: "x" } };
  const add = (caller: string, ...writes: Write[]) => queue.add({ caller, number: 1, writes });
  for (const caller of "abc") add(caller, light);
  await new Promise(setImmediate);
  add("a", heavy);
  add("b", heavy, light);
  add("c", light);
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
  add("a", ...Array.from({ length: 200 }, () => light));
  add("b", ...Array.from({ length: 100 }, () => light));
  queue.flush();
  expect(commits).toEqual(["abc", "ac", "b", "a", "b"]);
});

describe("accounts that a thread borrows", () => {
  async function borrowed(secret: string) {
    const directory = new AccountDirectory([{ address: "Ann@Example.com", secret, roles: ["admin"] }]);
    const lender = new Lender({
      writer: () => Promise.reject(new Error("There is no store.")),
      mail: () => ({ accounts: [...directory.accounts], hasStore: false }),
      maildrops: () => null,
      accounts: () => directory,
    });
    const port = lender.lend();
    onTestFinished(() => port.close());
    const borrower = new Borrower(port);
    const { accounts } = await borrower.call("mail", "inForce");
    return new BorrowedAccounts(borrower, accounts ?? []);
  }

  test("Names are known at once, and passwords are checked where the secrets are.", async () => {
    const accounts = await borrowed("secret");
    expect(accounts.find("ANN@example.com")).toEqual({ address: "ann@example.com", roles: ["admin"] });
    expect([accounts.find("bob@example.com"), [...accounts.domains]]).toEqual([undefined, ["example.com"]]);
    expect(accounts.administrator?.address).toBe("ann@example.com");
    expect(await accounts.authenticate("ann@example.com", "secret")).toMatchObject({ address: "ann@example.com" });
    expect(await accounts.authenticate("ann@example.com", "wrong")).toBeNull();
  });

  test("Log-ins of all threads wait in one queue, and whoever goes gives the place up.", async () => {
    const accounts = await borrowed(await hashPassword("secret"));
    const going = new AbortController();
    const gone = accounts.authenticate("ann@example.com", "secret", { signal: going.signal });
    going.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    expect(await accounts.authenticate("ann@example.com", "secret", { line: "192.0.2.1" })).not.toBeNull();
  });
});
