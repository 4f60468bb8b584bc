import { randomBytes } from "node:crypto";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore, type Store, StoreError, type StoreOptions } from "../../../src/mailbox/index.ts";
import { bodyOf, bytesOf, contentOf, letter, listOf } from "../letters.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

async function openTemporary(options: StoreOptions = {}): Promise<{ store: Store; directory: string }> {
  const directory = join(temporaryDirectory(), "data");
  return { store: await openUntilEnd(directory, options), directory };
}

async function openUntilEnd(directory: string, options: StoreOptions = {}): Promise<Store> {
  const store = await openStore(directory, options);
  onTestFinished(() => store.close());
  return store;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "resolved",
    (error: unknown) => (error instanceof StoreError ? error.code : error),
  );

describe("deliver", () => {
  test.each([0, 1, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 1_000_000])(
    "A message of %i octets comes back byte for byte, from the same store and after opening again.",
    async (size) => {
      const { store, directory } = await openTemporary();
      const bytes = randomBytes(size);
      const { id } = await store.deliver(letter(bodyOf(bytes, 7001)));
      expect((await contentOf(store, id)).equals(bytes)).toBe(true);
      expect(readdirSync(join(directory, "messages"))).toHaveLength(size > 65_536 ? 1 : 0);
      expect(readdirSync(join(directory, "spool"))).toEqual([]);
      await store.close();
      const again = await openUntilEnd(directory);
      expect((await contentOf(again, id)).equals(bytes)).toBe(true);
    },
  );

  test("What is known of the session is kept beside the message.", async () => {
    const { store } = await openTemporary();
    const before = Date.now();
    const { id } = await store.deliver({
      sender: "",
      recipients: [{ account: "ann@example.com", address: "Postmaster" }],
      body: bodyOf(Buffer.from("Subject: x\r\n\r\nhi\r\n")),
      helo: "client.example",
      receivedFrom: "192.0.2.1",
      authenticatedAs: "bob@example.com",
      tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
    });
    const [message, ...others] = await listOf(store);
    expect(others).toEqual([]);
    expect(message).toEqual({
      id,
      account: "ann@example.com",
      mailbox: "INBOX",
      uid: 1,
      size: 18,
      sender: "",
      recipient: "Postmaster",
      receivedAt: expect.any(Date),
      helo: "client.example",
      receivedFrom: "192.0.2.1",
      authenticatedAs: "bob@example.com",
      tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
    });
    expect(message?.receivedAt.getTime()).toBeGreaterThanOrEqual(before);
  });

  test("Recipients share one content; an account that is named twice gets one message.", async () => {
    const { store, directory } = await openTemporary();
    const to = ["ann@example.com", "bob@example.com", "ann@example.com"];
    const { id } = await store.deliver(letter(bodyOf(bytesOf(200_000)), { to }));
    const all = await listOf(store);
    expect(all.map((message) => [message.account, message.uid, message.id])).toEqual([
      ["ann@example.com", 1, id],
      ["bob@example.com", 1, id],
    ]);
    expect(readdirSync(join(directory, "messages"))).toEqual([`${id}.eml`]);
  });

  test("UIDs of a mailbox count up, also after opening again, and each account has its own.", async () => {
    const { store, directory } = await openTemporary();
    await store.deliver(letter(bodyOf(bytesOf(1))));
    await store.deliver(letter(bodyOf(bytesOf(2)), { to: ["bob@example.com", "ann@example.com"] }));
    await store.close();
    const again = await openUntilEnd(directory);
    await again.deliver(letter(bodyOf(bytesOf(3))));
    const uids = async (account: string) => (await listOf(again, account)).map(({ uid }) => uid);
    expect(await uids("ann@example.com")).toEqual([1, 2, 3]);
    expect(await uids("bob@example.com")).toEqual([1]);
    expect(await uids("eve@example.com")).toEqual([]);
  });

  test("Deliveries at the same time share commits, and all of them are kept.", async () => {
    const { store } = await openTemporary();
    const sizes = Array.from({ length: 200 }, (_, index) => 100 + index);
    const ids = await Promise.all(sizes.map((size) => store.deliver(letter(bodyOf(bytesOf(size))))));
    const { commits, deliveries } = store.statistics();
    expect(deliveries).toBe(200);
    expect(commits).toBeLessThan(50);
    for (const [index, { id }] of ids.entries()) {
      expect((await contentOf(store, id)).equals(bytesOf(sizes[index] ?? 0))).toBe(true);
    }
  });

  test.each([10, 100_000])("A body that is destroyed after %i octets leaves nothing behind.", async (size) => {
    const { store, directory } = await openTemporary();
    for (const reason of [new Error("connection reset"), undefined]) {
      const body = new PassThrough();
      const delivery = codeOf(store.deliver(letter(body)));
      body.write(bytesOf(size), () => body.destroy(reason));
      expect(await delivery).toBe("body-incomplete");
    }
    expect(await listOf(store)).toEqual([]);
    expect(readdirSync(join(directory, "spool"))).toEqual([]);
    expect(readdirSync(join(directory, "messages"))).toEqual([]);
    expect(store.statistics()).toEqual({ deliveries: 0, commits: 0 });
  });

  test("A body that was destroyed before the delivery began is refused.", async () => {
    const { store } = await openTemporary();
    const body = new PassThrough();
    body.destroy();
    expect(await codeOf(store.deliver(letter(body)))).toBe("body-incomplete");
  });

  test("A message for no recipient is an error of the caller.", async () => {
    const { store } = await openTemporary();
    await expect(store.deliver(letter(bodyOf(bytesOf(1)), { to: [] }))).rejects.toThrow(TypeError);
  });
});

describe("content", () => {
  test.each(["", "nothing", "../administrator.json"])("The id %j names nothing.", async (id) => {
    const { store } = await openTemporary();
    expect(await codeOf(store.content(id))).toBe("message-missing");
  });
});

describe("messages", () => {
  test("A long list comes whole and in order, and what is delivered while it is read does no harm.", async () => {
    const { store } = await openTemporary();
    const to = Array.from({ length: 1200 }, (_, index) => `user${index}@example.com`);
    await store.deliver(letter(bodyOf(bytesOf(10)), { to }));
    const seen: string[] = [];
    for await (const { account } of store.messages()) {
      if (seen.length === 0) await store.deliver(letter(bodyOf(bytesOf(11)), { to: ["late@example.com"] }));
      seen.push(account);
    }
    expect(seen).toEqual([...to, "late@example.com"]);
  });
});

describe("opening", () => {
  test("A second writer is refused with a reason, the first goes on, and its spool is untouched.", async () => {
    const { store, directory } = await openTemporary();
    const body = new PassThrough();
    const delivery = store.deliver(letter(body));
    await new Promise((resolve) => body.write(bytesOf(100_000), resolve));
    await expect(openStore(directory)).rejects.toThrow(/Another server uses the data folder .*--data/);
    expect(await codeOf(openStore(directory))).toBe("store-in-use");
    body.end();
    const { id } = await delivery;
    expect((await contentOf(store, id)).equals(bytesOf(100_000))).toBe(true);
  });

  test("A reader sees what a running server commits, and stores nothing.", async () => {
    const { store, directory } = await openTemporary();
    const reader = await openUntilEnd(directory, { readOnly: true });
    const small = await store.deliver(letter(bodyOf(bytesOf(10))));
    const large = await store.deliver(letter(bodyOf(bytesOf(100_000))));
    expect((await listOf(reader)).map(({ id }) => id)).toEqual([small.id, large.id]);
    expect((await contentOf(reader, small.id)).equals(bytesOf(10))).toBe(true);
    expect((await contentOf(reader, large.id)).equals(bytesOf(100_000))).toBe(true);
    expect(await codeOf(reader.deliver(letter(bodyOf(bytesOf(10)))))).toBe("store-unwritable");
    await reader.close();
    await store.deliver(letter(bodyOf(bytesOf(10))));
  });

  test("A reader also opens what no server uses, and says so where there is nothing.", async () => {
    const { store, directory } = await openTemporary();
    await store.deliver(letter(bodyOf(bytesOf(10))));
    await store.close();
    const reader = await openUntilEnd(directory, { readOnly: true });
    expect(await listOf(reader)).toHaveLength(1);
    expect(await codeOf(openStore(join(directory, "other"), { readOnly: true }))).toBe("store-missing");
    expect(readdirSync(directory)).not.toContain("other");
  });

  test("Spool files and content without a message are removed; content with one stays.", async () => {
    const { store, directory } = await openTemporary();
    const { id } = await store.deliver(letter(bodyOf(bytesOf(100_000))));
    await store.close();
    writeFileSync(join(directory, "spool", "left.part"), "half a message");
    writeFileSync(join(directory, "messages", "left.eml"), "a message without its transaction");
    const again = await openUntilEnd(directory);
    expect(readdirSync(join(directory, "spool"))).toEqual([]);
    expect(readdirSync(join(directory, "messages"))).toEqual([`${id}.eml`]);
    expect((await contentOf(again, id)).equals(bytesOf(100_000))).toBe(true);
  });

  test("A database of a newer version is left alone.", async () => {
    const { store, directory } = await openTemporary();
    await store.close();
    const database = new DatabaseSync(join(directory, "mail.sqlite"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(await codeOf(openStore(directory))).toBe("store-version");
    expect(await codeOf(openStore(directory, { readOnly: true }))).toBe("store-version");
  });

  test("A file that is no database is an error of the store, and a failed opening leaves no lock.", async () => {
    const { store, directory } = await openTemporary();
    await store.close();
    writeFileSync(join(directory, "mail.sqlite"), "this is not a database, and it is long enough to tell".repeat(99));
    expect(await codeOf(openStore(directory))).toBe("store-damaged");
    expect(await codeOf(openStore(directory))).toBe("store-damaged");
  });

  test("Nobody but the owner may read the folder.", async () => {
    const { store, directory } = await openTemporary();
    await store.deliver(letter(bodyOf(bytesOf(100_000))));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      expect([entry.name, statSync(join(entry.parentPath, entry.name)).mode & 0o077]).toEqual([entry.name, 0]);
    }
  });
});

describe("close", () => {
  test("It waits for deliveries under way and takes no others; twice is once.", async () => {
    const { store, directory } = await openTemporary();
    const body = new PassThrough();
    const delivery = store.deliver(letter(body));
    body.write(bytesOf(50));
    const closing = store.close();
    expect(store.close()).toBe(closing);
    expect(await codeOf(store.deliver(letter(bodyOf(bytesOf(1)))))).toBe("store-closed");
    expect(await codeOf(listOf(store))).toBe("store-closed");
    body.end();
    const { id } = await delivery;
    await closing;
    const again = await openUntilEnd(directory);
    expect((await contentOf(again, id)).equals(bytesOf(50))).toBe(true);
  });

  test("It leaves one database file and no journal.", async () => {
    const { store, directory } = await openTemporary();
    await store.deliver(letter(bodyOf(bytesOf(10))));
    await store.close();
    expect(readdirSync(directory).sort()).toEqual(["lock", "mail.sqlite", "messages", "spool"]);
  });
});
