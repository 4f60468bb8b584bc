/** Two servers with one store, while one succeeds the other. */
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { openStore, type Store } from "../../../src/mailbox/index.ts";
import { Borrower } from "../../../src/mailbox/lent/borrower.ts";
import { Lender } from "../../../src/mailbox/lent/lender.ts";
import { Neighbours } from "../../../src/mailbox/open/neighbours.ts";
import { borrowStore, openLendableStore } from "../../../src/mailbox/open-store.ts";
import type { NeighbourLine } from "../../../src/mailbox/store/neighbour.ts";
import type { MailboxChange } from "../../../src/protocols/mailbox.ts";
import { LocalMaildropLocks } from "../../../src/protocols/maildrop-locks.ts";
import { maildropsMemory, SharedMaildrops } from "../../../src/runtime/workers/shared-maildrops.ts";
import { bodyOf } from "../letters.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const ANN = { username: "ann@example.com", roles: [] };

/** Both ends of a way between two servers, whose messages are JSON and come in a turn of their own. */
function way(): { readonly ends: readonly [NeighbourLine, NeighbourLine]; cut(): void } {
  const cut = new AbortController();
  const ended = once(cut.signal, "abort").then(() => {});
  const handlers: ((message: unknown) => void)[] = [() => {}, () => {}];
  const end = (own: number, other: number): NeighbourLine => ({
    ended,
    send: (message) => {
      const text = JSON.stringify(message);
      if (!cut.signal.aborted) setImmediate(() => handlers[other]?.(JSON.parse(text)));
    },
    onMessage: (handler) => {
      handlers[own] = handler;
    },
  });
  return { ends: [end(0, 1), end(1, 0)], cut: () => cut.abort() };
}

/** A server as far as its store. @param options.sessions whether they are in threads that borrow the store */
async function serverOf(directory: string, { joins, sessions }: { readonly joins: boolean; readonly sessions: Where }) {
  const locks = new LocalMaildropLocks();
  const owner = await openLendableStore(directory, { joins, locks });
  onTestFinished(() => owner.close());
  if (sessions === "its own thread") return { owner, store: owner };
  const port = new Lender({
    writer: () => owner.lendWriter(),
    mail: () => ({ accounts: null, hasStore: true }),
    maildrops: () => owner.neighbours,
    accounts: () => null,
  }).lend();
  const store = await borrowStore(directory, new Borrower(port), { locks, thread: 1 });
  onTestFinished(async () => {
    await store.close();
    port.close();
  });
  return { owner, store };
}

type Where = "its own thread" | "a thread that borrows its store";

/** An older server and the newer one that succeeds it. */
async function succession(sessions: Where) {
  const directory = temporaryDirectory();
  const older = await serverOf(directory, { joins: false, sessions });
  const newer = await serverOf(directory, { joins: true, sessions });
  older.owner.share();
  const { ends, cut } = way();
  return {
    older: older.store,
    newer: newer.store,
    cut,
    /** From here on they hear of one another. */
    meet: () => {
      older.owner.neighbours.addNewer(ends[0]);
      newer.owner.neighbours.addOlder(ends[1], [...older.owner.neighbours.locked]);
    },
  };
}

const places: readonly Where[] = ["its own thread", "a thread that borrows its store"];

const deliver = (store: Store) =>
  store.deliver({
    sender: "",
    recipients: [{ account: ANN.username, address: ANN.username }],
    body: bodyOf(Buffer.from("Subject: x\r\n\r\nx\r\n")),
  });

async function watch(store: Store) {
  const inbox = await (await store.mailboxes.open(ANN)).select("INBOX", { readOnly: false });
  const changes: MailboxChange[] = [];
  const waiting: (() => void)[] = [];
  inbox.changes$.subscribe((change) => {
    changes.push(change);
    for (const resolve of waiting.splice(0)) resolve();
  });
  return {
    inbox,
    /** Waits for so many UIDs that were appended. */
    appended: async (count: number): Promise<number[]> => {
      for (;;) {
        const uids = changes.flatMap((one) =>
          one.type === "mailbox.appended" ? one.messages.map(({ uid }) => uid) : [],
        );
        if (uids.length >= count) return uids;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

test.each(places)(
  "whoever watches a mailbox at one of two servers hears of what the other takes in, with UIDs that grow (sessions in %s)",
  async (sessions) => {
    const { older, newer, meet } = await succession(sessions);
    meet();
    const [here, there] = [await watch(older), await watch(newer)];
    await Promise.all(Array.from({ length: 40 }, (_, number) => deliver(number % 2 === 0 ? older : newer)));
    const all = Array.from({ length: 40 }, (_, index) => index + 1);
    expect((await here.appended(40)).toSorted((a, b) => a - b)).toEqual(all);
    expect((await there.appended(40)).toSorted((a, b) => a - b)).toEqual(all);
    await there.inbox.store([3], { mode: "add", flags: ["\\Seen", "$Junk"] });
    const fresh = await (await older.mailboxes.open(ANN)).select("INBOX", { readOnly: true });
    expect(fresh.messages.find(({ uid }) => uid === 3)?.flags).toEqual(["\\Seen", "$Junk"]);
  },
);

test.each(places)(
  "a maildrop is locked once, whichever of the two servers a session is at (in %s)",
  async (sessions) => {
    const { older, newer, meet, cut } = await succession(sessions);
    const [here, there] = [await older.mailboxes.open(ANN), await newer.mailboxes.open(ANN)];
    const early = await here.lockMaildrop();
    meet();
    await expect(there.lockMaildrop()).rejects.toMatchObject({ code: "maildrop-locked" });
    early.release();
    const late = await vi.waitFor(() => there.lockMaildrop());
    // The newer server decides for the older one, too.
    await expect(here.lockMaildrop()).rejects.toMatchObject({ code: "maildrop-locked" });
    late.release();
    const again = await here.lockMaildrop();
    await expect(there.lockMaildrop()).rejects.toMatchObject({ code: "maildrop-locked" });
    // Its sessions have ended with the older server.
    cut();
    await vi.waitFor(() => there.lockMaildrop());
    again.release();
  },
);

test("nobody but a successor joins a folder that is in use, and joining removes nothing of another's", async () => {
  const directory = temporaryDirectory();
  const first = await openStore(directory);
  onTestFinished(() => first.close());
  await expect(openStore(directory)).rejects.toMatchObject({ code: "store-in-use" });
  const second = await openStore(directory, { joins: true });
  await expect(openStore(directory)).rejects.toMatchObject({ code: "store-in-use" });
  await first.close();
  await expect(openStore(directory)).rejects.toMatchObject({ code: "store-in-use" });
  await deliver(second);
  await second.close();
  const third = await openStore(directory);
  onTestFinished(() => third.close());
  expect(await Array.fromAsync(third.messages())).toHaveLength(1);
});

const kinds = {
  "one worker": () => new LocalMaildropLocks(),
  "several workers": () => new SharedMaildrops(maildropsMemory(), 0),
};
const pairs = Object.entries(kinds).flatMap(([older, locksOfOlder]) =>
  Object.entries(kinds).map(([newer, locksOfNewer]) => ({ older, newer, locksOfOlder, locksOfNewer })),
);

test.each(pairs)(
  "a maildrop has one session in a server with $older and its successor with $newer, however long its name is",
  async ({ locksOfOlder, locksOfNewer }) => {
    const nobody = { changedElsewhere: () => {}, lostElsewhere: () => {} };
    const older = new Neighbours(nobody, { locks: locksOfOlder(), arbiter: null });
    const newer = new Neighbours(nobody, { locks: locksOfNewer(), arbiter: null });
    const { ends } = way();
    const [short, long] = [ANN.username, `${"ann".repeat(30)}@example.com`];
    for (const account of [short, long]) older.take(account);
    older.addNewer(ends[0]);
    newer.addOlder(ends[1], older.locked);
    for (const account of [short, long]) expect(() => newer.take(account)).toThrow("Another session");
    for (const account of [short, long]) older.release(account);
    for (const account of [short, long]) await vi.waitFor(() => expect(newer.take(account)).toBeNull());
    for (const account of [short, long]) await expect(older.take(account)).rejects.toThrow("Another session");
    for (const account of [short, long]) newer.release(account);
    for (const account of [short, long]) await older.take(account);
    for (const account of [short, long]) expect(() => newer.take(account)).toThrow("Another session");
  },
);
