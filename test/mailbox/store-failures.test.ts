import { execFile, spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openStore, type Store, StoreError, type StoreOptions } from "../../src/mailbox/index.ts";
import { storeOn } from "../../src/mailbox/open-store.ts";
import { StoreThread } from "../../src/mailbox/store/store-thread.ts";
import { makeReadOnly } from "../mounts.ts";
import { bodyOf, bytesOf, contentOf, letter, listOf } from "./letters.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function openTemporary(options: StoreOptions): Promise<{ store: Store; directory: string }> {
  const directory = temporaryDirectory();
  const store = await openStore(directory, options);
  onTestFinished(() => store.close());
  return { store, directory };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "kept",
    (error: unknown) => (error instanceof StoreError ? error.code : error),
  );

describe("a locked database", () => {
  test("Deliveries fail as busy without holding up the event loop, and work when the lock is gone.", async () => {
    const { store, directory } = await openTemporary({ busyTimeout: 100 });
    const other = new DatabaseSync(join(directory, "mail.sqlite"));
    onTestFinished(() => other.close());
    other.exec("BEGIN EXCLUSIVE");
    let settled = false;
    const small = codeOf(store.deliver(letter(bodyOf(bytesOf(10))))).finally(() => {
      settled = true;
    });
    const large = codeOf(store.deliver(letter(bodyOf(bytesOf(100_000)))));
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    expect(settled).toBe(false);
    expect([await small, await large]).toEqual(["store-busy", "store-busy"]);
    expect(readdirSync(join(directory, "messages"))).toEqual([]);
    other.exec("ROLLBACK");
    expect(await codeOf(store.deliver(letter(bodyOf(bytesOf(10)))))).toBe("kept");
    expect(await listOf(store)).toHaveLength(1);
  });
});

describe("a folder that cannot be used", () => {
  const messageOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => (error as Error).message);

  test("One that can only be read is told of, whether it is new, empty or holds mail.", async ({ skip }) => {
    const [parent, used] = [temporaryDirectory(), temporaryDirectory()];
    const store = await openStore(used);
    await store.close();
    const errno = makeReadOnly(parent);
    if (errno === null || makeReadOnly(used) === null) return skip("needs to make a folder read-only");
    for (const directory of [parent, join(parent, "new", "data"), used]) {
      const opening = openStore(directory);
      expect(await codeOf(opening)).toBe("store-unwritable");
      expect(await messageOf(opening)).toMatch(`The mail store cannot be written to in ${directory} (${errno}: `);
    }
  });

  test("A database that is locked when it is opened is told of by its folder, and opens when the lock is gone.", async () => {
    const directory = temporaryDirectory();
    const other = new DatabaseSync(join(directory, "mail.sqlite"));
    onTestFinished(() => other.close());
    other.exec("BEGIN EXCLUSIVE; CREATE TABLE theirs (name)");
    const opening = openStore(directory, { busyTimeout: 100 });
    expect(await codeOf(opening)).toBe("store-busy");
    expect(await messageOf(opening)).toMatch(`Another program holds the mail database locked in ${directory} (`);
    other.exec("ROLLBACK");
    const store = await openStore(directory);
    await store.close();
  });

  test("Becoming read-only while mail comes in refuses the mail, and loses none.", async ({ skip }) => {
    const { store, directory } = await openTemporary({ busyTimeout: 100 });
    await store.deliver(letter(bodyOf(bytesOf(10))));
    if (makeReadOnly(join(directory, "spool")) === null) return skip("needs to make a folder read-only");
    expect(await codeOf(store.deliver(letter(bodyOf(bytesOf(100_000)))))).toBe("store-unwritable");
    expect(await listOf(store)).toHaveLength(1);
  });
});

describe("no room", () => {
  test("A full database refuses what is too large for it, keeps what came before, and takes what still fits.", async () => {
    const { store, directory } = await openTemporary({ maxDatabaseSize: 400_000 });
    const kept = await store.deliver(letter(bodyOf(bytesOf(1000))));
    let end = "kept";
    for (let count = 0; count < 50 && end === "kept"; count += 1) {
      end = String(await codeOf(store.deliver(letter(bodyOf(bytesOf(60_000))))));
    }
    expect(end).toBe("store-full");
    const together = [60_001, 100, 60_002].map((size) => codeOf(store.deliver(letter(bodyOf(bytesOf(size))))));
    expect(await Promise.all(together)).toEqual(["store-full", "kept", "store-full"]);
    expect((await contentOf(store, kept.id)).equals(bytesOf(1000))).toBe(true);
    expect(readdirSync(join(directory, "spool"))).toEqual([]);
  });

  const run = promisify(execFile);
  const mounts = process.platform === "linux" && spawnSync("unshare", ["--mount", "true"]).status === 0;

  test.skipIf(!mounts && !process.env["CI"])(
    "A full disk refuses deliveries, and works when there is room again.",
    async () => {
      const script = fileURLToPath(new URL("./children/fill-disk.ts", import.meta.url));
      // The file system is seen by the child alone and goes with it.
      const command = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" "$3" "$1"';
      const args = ["--mount", "sh", "-c", command, "sh", temporaryDirectory(), process.execPath, script];
      const { stdout } = await run("unshare", args, { timeout: 100_000 });
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ before: "kept", large: "store-full", after: ["kept", "kept"], damaged: 0 });
      expect(report.ends.at(-1)).toBe("store-full");
      expect(report.together[1]).toBe("store-full");
      expect(report.rows).toBe(report.kept);
    },
  );

  test("What the client still sends is read and dropped, so that it can be told.", async () => {
    const { store, directory } = await openTemporary({});
    const body = new PassThrough();
    rmSync(join(directory, "spool"), { recursive: true });
    const delivery = codeOf(store.deliver(letter(body)));
    for (let count = 0; count < 20; count += 1) {
      await new Promise((resolve) => body.write(bytesOf(50_000), resolve));
    }
    body.end();
    expect(await delivery).toBe("store-failed");
    body.destroy(new Error("the client went away after all"));
  });
});

describe("the store's thread", () => {
  test("When it dies, the next call starts another, and bodies that are on their way in are not lost.", async () => {
    const directory = temporaryDirectory();
    const thread = new StoreThread({ directory, readOnly: false, maxDatabaseSize: null, busyTimeout: 1000 });
    await thread.open();
    const store = storeOn(directory, thread);
    onTestFinished(() => store.close());
    const first = await store.deliver(letter(bodyOf(bytesOf(100))));

    const body = new PassThrough();
    const slow = store.deliver(letter(body));
    await new Promise((resolve) => body.write(bytesOf(200_000).subarray(0, 150_000), resolve));
    await thread.terminate();
    const second = await store.deliver(letter(bodyOf(bytesOf(300))));
    body.end(bytesOf(200_000).subarray(150_000));
    const third = await slow;
    expect((await listOf(store)).map(({ id }) => id)).toEqual([first.id, second.id, third.id]);
    expect((await contentOf(store, third.id)).equals(bytesOf(200_000))).toBe(true);
  });

  test("A delivery that waits for a lock when the thread dies fails, and leaves nothing.", async () => {
    const directory = temporaryDirectory();
    const thread = new StoreThread({ directory, readOnly: false, maxDatabaseSize: null, busyTimeout: 300 });
    await thread.open();
    const store = storeOn(directory, thread);
    onTestFinished(() => store.close());
    const other = new DatabaseSync(join(directory, "mail.sqlite"));
    other.exec("BEGIN EXCLUSIVE");
    const call = vi.spyOn(thread, "call");
    const delivery = codeOf(store.deliver(letter(bodyOf(bytesOf(10)))));
    while (call.mock.calls.length === 0) await setImmediate();
    await setImmediate();
    await thread.terminate();
    expect(await delivery).toBe("store-failed");
    other.close();
    expect(await listOf(store)).toEqual([]);
    expect(await codeOf(store.deliver(letter(bodyOf(bytesOf(10)))))).toBe("kept");
  });
});
