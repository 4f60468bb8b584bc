/** A group of writes keeps the same as its writes one after the other, whichever of them are refused. */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { MailDatabase } from "../../src/mailbox/database/mail-database.ts";
import { withOutlines } from "../../src/mailbox/store/small-outlines.ts";
import { contentOfWrite, type Write } from "../../src/mailbox/store/store-calls.ts";
import { DEFAULT_MAILBOX_LIMITS as LIMITS } from "../../src/protocols/mailbox.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Octets that the account may have: some messages fit. */
const maxStorage = 400;

function opened(): MailDatabase {
  const database = new MailDatabase({
    directory: temporaryDirectory(),
    readOnly: false,
    maxDatabaseSize: null,
    busyTimeout: 0,
    limits: { ...LIMITS, maxStorage },
    first: true,
    joins: false,
  });
  onTestFinished(() => database.close());
  return database;
}

let number = 0;

function contentOf(length: number) {
  const bytes = Buffer.from(`Subject: ${"x".repeat(length)}\r\n\r\n`);
  return { id: `content${number++}`, size: bytes.length, bytes, outline: null, receivedAt: 1_700_000_000_000 };
}

const write: fc.Arbitrary<(account: string) => Write> = fc.oneof(
  fc.integer({ min: 1, max: 150 }).map((length) => (account: string): Write => {
    const recipients = [{ account, address: account }];
    return { name: "deliver", request: { content: contentOf(length), sender: "", recipients, trace: {} } };
  }),
  // Refused: there is no such mailbox.
  fc.constant((): Write => {
    const content = contentOf(10);
    return { name: "append", request: { mailbox: 4_000_000_000, content, flags: [], internalDate: 0 } };
  }),
  fc.constantFrom("INBOX", "One", "Two", "One/Three").map((name) => (account: string): Write => {
    return { name: "create", request: { account, name, specialUse: [] } };
  }),
  fc.constantFrom("One", "Two").map(
    (name) =>
      (account: string): Write => ({ name: "delete", request: { account, name } }),
  ),
);

test("a group of writes keeps and answers the same as its writes one by one, refused ones included", async () => {
  const [together, alone] = [opened(), opened()];
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 8 }), async (makers) => {
      const account = `ann${number++}@example.com`;
      const first: Write = { name: "open", request: { account } };
      const writes = [first, ...makers.map((make) => make(account))];
      const group = together.commit(await withOutlines(writes)).reply.results;
      const single = writes.map((one) => alone.commit([one]).reply.results[0]);
      expect(group).toEqual(single);
      expect(stateOf(together, account)).toEqual(stateOf(alone, account));
    }),
    { numRuns: 15 },
  );
});

test("all messages of a large group have their outlines, however long it takes to find them", async () => {
  const recipients = [{ account: "ann@example.com", address: "ann@example.com" }];
  const writes = Array.from({ length: 200 }, (): Write => {
    const bytes = Buffer.from(`To: ${"a@b.example,".repeat(600)}\r\n\r\n`);
    const content = { id: `content${number++}`, size: bytes.length, bytes, outline: null, receivedAt: 0 };
    return { name: "deliver", request: { content, sender: "", recipients, trace: {} } };
  });
  const outlined = await withOutlines(writes);
  expect(outlined.filter((write) => contentOfWrite(write)?.outline === null)).toEqual([]);
});

test("a group reports what came to a mailbox as one change, with what a message's summary has", async () => {
  const database = opened();
  const account = "ann@example.com";
  const deliveries = [20, 30].map((length): Write => {
    const recipients = [{ account, address: account }];
    return { name: "deliver", request: { content: contentOf(length), sender: "", recipients, trace: {} } };
  });
  const { changes } = database.commit(deliveries);
  expect(changes).toHaveLength(1);
  const [change] = changes;
  if (change?.type !== "appended") throw new Error("Nothing was appended.");
  const summaries = database.reads.summaries({ mailbox: change.mailbox, after: 0, limit: 10 });
  expect(change.messages).toEqual(summaries);
});

function stateOf(database: MailDatabase, account: string) {
  const { messages } = database.page({ account, after: 0, limit: 100 });
  return {
    messages: messages.map(({ mailbox, uid, size }) => ({ mailbox, uid, size })),
    names: database.reads.list(account).map(({ name, exists }) => ({ name, exists })),
    quota: database.reads.quota(account),
  };
}
