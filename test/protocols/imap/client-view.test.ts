import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientView } from "../../../src/protocols/imap/client-view.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { ann } from "./fixture.ts";

/** What a client knows by what it was told. */
class Client {
  readonly flags: (string | null)[];

  constructor(messages: number) {
    this.flags = Array.from({ length: messages }, () => null);
  }

  hear(view: ClientView, expunges: boolean): void {
    while (view.isOwed(expunges)) this.hearSome(view, expunges);
  }

  hearSome(view: ClientView, expunges: boolean): void {
    for (const told of view.tell(expunges, 2)) {
      if (told.type === "flags") {
        expect(told.number).toBeLessThanOrEqual(this.flags.length);
        this.flags[told.number - 1] = told.message.flags.join(" ");
      } else if (told.type === "expunge") {
        expect(expunges).toBe(true);
        expect(told.number).toBeLessThanOrEqual(this.flags.length);
        this.flags.splice(told.number - 1, 1);
      } else {
        expect(told.messages).toBeGreaterThanOrEqual(this.flags.length);
        while (this.flags.length < told.messages) this.flags.push(null);
      }
    }
  }
}

type Step =
  | { readonly do: "deliver" }
  | { readonly do: "flag"; readonly uid: number; readonly flag: string }
  | { readonly do: "expunge"; readonly uid: number }
  | { readonly do: "hear"; readonly expunges: boolean }
  | { readonly do: "hear some"; readonly expunges: boolean };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("deliver" as const) }),
  fc.record({
    do: fc.constant("flag" as const),
    uid: fc.integer({ min: 1, max: 12 }),
    flag: fc.constantFrom("\\Seen", "\\Flagged"),
  }),
  fc.record({ do: fc.constant("expunge" as const), uid: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constant("hear" as const), expunges: fc.boolean() }),
  fc.record({ do: fc.constant("hear some" as const), expunges: fc.boolean() }),
);

async function open(messages: number) {
  const mailboxes = new MemoryMailboxes();
  for (let number = 0; number < messages; number++) mailboxes.deliver(ann.username, "Subject: x\r\n\r\n");
  const account = await mailboxes.open({ username: ann.username });
  const other = await account.select("INBOX", { readOnly: false });
  const view = new ClientView(await account.select("INBOX", { readOnly: false }), () => {});
  return { mailboxes, other, view };
}

describe("a client's view of a mailbox", () => {
  it("is the mailbox once all was told, whatever others do and whenever it is told", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 30 }), async (plan) => {
        const { mailboxes, other, view } = await open(4);
        const client = new Client(view.count);
        for (const step of plan) {
          if (step.do === "deliver") mailboxes.deliver(ann.username, "Subject: y\r\n\r\n");
          else if (step.do === "flag") await other.store([step.uid], { mode: "add", flags: [step.flag] });
          else if (step.do === "hear") client.hear(view, step.expunges);
          else if (step.do === "hear some") client.hearSome(view, step.expunges);
          else {
            await other.store([step.uid], { mode: "add", flags: ["\\Deleted"] });
            await other.expunge([step.uid]);
          }
          expect(view.count).toBe(client.flags.length);
        }
        client.hear(view, true);
        const reader = await mailboxes.open({ username: ann.username });
        const { messages } = await reader.select("INBOX", { readOnly: true });
        expect(client.flags.length).toBe(messages.length);
        expect(view.uidsOf([{ start: 0, end: view.count }])).toEqual(messages.map(({ uid }) => uid));
        for (const [index, flags] of client.flags.entries()) {
          if (flags !== null) expect(flags).toBe(messages[index]?.flags.join(" "));
          expect(view.at(index)).toEqual(messages[index]);
        }
        expect([...view.tell(true)]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps a message's place until the client was told that it is gone", async () => {
    const { other, view } = await open(3);
    await other.store([2], { mode: "add", flags: ["\\Deleted"] });
    await other.expunge();
    expect([...view.tell(false)]).toEqual([]);
    expect(view.count).toBe(3);
    expect(view.isGone(1)).toBe(true);
    expect(view.uidsOf(view.find([{ first: 1, last: 3 }], false))).toEqual([1, 3]);
    expect([...view.tell(true)]).toEqual([{ type: "expunge", number: 2 }]);
    expect(view.uidsOf(view.find([{ first: 2, last: 2 }], false))).toEqual([3]);
  });

  it("gives no place to what the client does not know of", async () => {
    const { mailboxes, view } = await open(1);
    mailboxes.deliver(ann.username, "Subject: y\r\n\r\n");
    expect(view.find([{ first: 1, last: Number.POSITIVE_INFINITY }], true)).toEqual([{ start: 0, end: 1 }]);
    expect([...view.tell(false)]).toEqual([{ type: "exists", messages: 2, recent: 1 }]);
    expect(view.find([{ first: 1, last: Number.POSITIVE_INFINITY }], true)).toEqual([{ start: 0, end: 2 }]);
  });

  it("tells of expunges one after the other, each number without those before it", async () => {
    const { other, view } = await open(5);
    await other.store([1, 2, 4], { mode: "add", flags: ["\\Deleted"] });
    await other.expunge();
    expect([...view.tell(true)].map((told) => told.type === "expunge" && told.number)).toEqual([1, 1, 2]);
  });
});
