import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientView } from "../../../src/protocols/imap/client-view.ts";
import type { SearchKey } from "../../../src/protocols/imap/grammar/search-key.ts";
import { LARGEST } from "../../../src/protocols/imap/grammar/sequence-set.ts";
import { SearchEvaluation } from "../../../src/protocols/imap/search-evaluation.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { ann, crlf } from "./fixture.ts";

const DAY = 86_400_000;
const senders = [
  "Ann <ann@a.example>",
  "bob@b.example (Bob)",
  "Ann <a@c.example>",
  "<x@y.example>",
  "bob@c.example",
  "Eve",
] as const;
const subjects = ["apple", "Banana", "cherry apple", "nothing", "banana cherry", "date"] as const;
/** Days since 1970 that the messages say they were sent on. */
const sent = [19_000, 19_001, 19_001, 19_002, 19_003, 19_003] as const;

interface Facts {
  readonly number: number;
  readonly uid: number;
  readonly subject: string;
  readonly flags: readonly string[];
  readonly size: number;
  readonly internal: number;
  readonly sent: number;
}

/** Six messages, the third of which was expunged, so that numbers and UIDs differ. */
async function open() {
  const account = await new MemoryMailboxes().open({ username: ann.username });
  for (const [index, subject] of subjects.entries()) {
    const date = new Date((sent[index] ?? 0) * DAY + 3_600_000).toUTCString().replace("GMT", "+0000");
    const text = crlf(
      `Subject: ${subject}\nFrom: ${senders[index]}\nDate: ${date}\n\n${"x".repeat(index * 10)} body of ${index}\n`,
    );
    const flags = [...(index % 2 ? ["\\Seen"] : []), ...(index > 3 ? ["Junk"] : [])];
    const { Readable } = await import("node:stream");
    await account.append("INBOX", {
      body: Readable.from([Buffer.from(text)]),
      flags,
      internalDate: (19_100 + index) * DAY,
    });
  }
  const mailbox = await account.select("INBOX", { readOnly: false });
  await mailbox.store([3], { mode: "add", flags: ["\\Deleted"] });
  await mailbox.expunge();
  const selected = await account.select("INBOX", { readOnly: false });
  const facts = selected.messages.map(
    ({ uid, flags, size, internalDate }, index): Facts => ({
      number: index + 1,
      uid,
      subject: subjects[uid - 1] ?? "",
      flags,
      size,
      internal: Math.floor(internalDate / DAY),
      sent: sent[uid - 1] ?? 0,
    }),
  );
  return { view: new ClientView(selected, () => {}), facts };
}

/** The plainest way to say which messages fit. */
function fits(key: SearchKey, facts: Facts, all: readonly Facts[]): boolean {
  switch (key.key) {
    case "ALL":
      return true;
    case "AND":
      return key.keys.every((each) => fits(each, facts, all));
    case "OR":
      return fits(key.left, facts, all) || fits(key.right, facts, all);
    case "NOT":
      return !fits(key.of, facts, all);
    case "SET": {
      const largest = key.uid ? (all.at(-1)?.uid ?? 0) : all.length;
      const own = key.uid ? facts.uid : facts.number;
      return key.set.some(({ first, last }) => {
        const [a, b] = [Math.min(first, largest), Math.min(last, largest)];
        const [low, high] = first === LARGEST || last === LARGEST ? [Math.min(a, b), Math.max(a, b)] : [first, last];
        return own >= Math.min(low, high) && own <= Math.max(low, high);
      });
    }
    case "FLAG":
      return facts.flags.some((flag) => flag.toLowerCase() === key.flag.toLowerCase()) === key.present;
    case "SIZE":
      return key.relation === "larger" ? facts.size > key.octets : facts.size < key.octets;
    case "DATE": {
      const day = key.of === "sent" ? facts.sent : facts.internal;
      if (key.relation === "on") return day === key.day;
      return key.relation === "before" ? day < key.day : day >= key.day;
    }
    case "HEADER":
      return facts.subject.toLowerCase().includes(key.text.toLowerCase());
    case "ADDRESS":
      return (senders[facts.uid - 1] ?? "").toLowerCase().includes(key.text.toLowerCase());
    case "CONTENT":
      return (
        `body of ${facts.uid - 1}`.includes(key.text.toLowerCase()) ||
        (key.of === "message" && facts.subject.toLowerCase().includes(key.text.toLowerCase()))
      );
  }
}

const number = fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constant(LARGEST));
const word = fc.constantFrom("apple", "BANANA", "cherry", "of 4", "zebra");
const { key } = fc.letrec<{ key: SearchKey; leaf: SearchKey }>((tie) => ({
  leaf: fc.oneof(
    fc.constant<SearchKey>({ key: "ALL" }),
    fc.record({
      key: fc.constant("SET" as const),
      uid: fc.boolean(),
      set: fc.array(fc.record({ first: number, last: number }), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ key: fc.constant("FLAG" as const), flag: fc.constantFrom("\\Seen", "junk"), present: fc.boolean() }),
    fc.record({
      key: fc.constant("SIZE" as const),
      relation: fc.constantFrom("larger" as const, "smaller" as const),
      octets: fc.integer({ min: 90, max: 160 }),
    }),
    fc.record({
      key: fc.constant("DATE" as const),
      of: fc.constant("internal" as const),
      relation: fc.constantFrom("before" as const, "on" as const, "since" as const),
      day: fc.integer({ min: 19_100, max: 19_106 }),
    }),
    fc.record({
      key: fc.constant("DATE" as const),
      of: fc.constant("sent" as const),
      relation: fc.constantFrom("before" as const, "on" as const, "since" as const),
      day: fc.integer({ min: 19_000, max: 19_004 }),
    }),
    fc.record({ key: fc.constant("HEADER" as const), field: fc.constant("Subject"), text: word }),
    fc.record({
      key: fc.constant("ADDRESS" as const),
      field: fc.constant("FROM" as const),
      text: fc.constantFrom("ann", "bob", "c.example", "@"),
    }),
    fc.record({
      key: fc.constant("CONTENT" as const),
      of: fc.constantFrom("body" as const, "message" as const),
      text: word,
    }),
  ) as fc.Arbitrary<SearchKey>,
  key: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    fc.record({ key: fc.constant("AND" as const), keys: fc.array(tie("key"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ key: fc.constant("OR" as const), left: tie("key"), right: tie("key") }),
    fc.record({ key: fc.constant("NOT" as const), of: tie("key") }),
  ) as fc.Arbitrary<SearchKey>,
}));

describe("a search", () => {
  it("finds the messages that fit, and no others", async () => {
    const { view, facts } = await open();
    const all = facts.map((_, index) => index);
    await fc.assert(
      fc.asyncProperty(key, async (search) => {
        const found = await new SearchEvaluation(view, search, () => {}).of(all);
        expect(found).toEqual(all.filter((index) => facts[index] && fits(search, facts[index], facts)));
      }),
      { numRuns: 400 },
    );
  });

  it("asks the mailbox about text only where nothing else has decided", async () => {
    const { view } = await open();
    const asked: (readonly number[])[] = [];
    const { mailbox } = view;
    const matching = mailbox.matching.bind(mailbox);
    mailbox.matching = (query, uids) => {
      asked.push(uids);
      return matching(query, uids);
    };
    const text: SearchKey = { key: "CONTENT", of: "message", text: "apple" };
    const seen: SearchKey = { key: "FLAG", flag: "\\Seen", present: true };
    await new SearchEvaluation(view, { key: "AND", keys: [text, seen] }, () => {}).of([0, 1, 2, 3, 4]);
    await new SearchEvaluation(view, { key: "OR", left: text, right: seen }, () => {}).of([0, 1, 2, 3, 4]);
    expect(asked).toEqual([
      [2, 4, 6],
      [1, 5],
    ]);
  });

  it("asks the mailbox once about a text that stands at several places", async () => {
    const { view } = await open();
    const asked: (readonly number[])[] = [];
    const { mailbox } = view;
    const matching = mailbox.matching.bind(mailbox);
    mailbox.matching = (query, uids) => {
      asked.push(uids);
      return matching(query, uids);
    };
    const text = (word: string): SearchKey => ({ key: "CONTENT", of: "message", text: word });
    const both = (first: SearchKey, second: SearchKey): SearchKey => ({ key: "AND", keys: [first, second] });
    const key: SearchKey = {
      key: "OR",
      left: both(text("apple"), { key: "NOT", of: text("zebra") }),
      right: both(text("zebra"), text("apple")),
    };
    expect(await new SearchEvaluation(view, key, () => {}).of([0, 1, 2, 3, 4])).toEqual([0]);
    expect(asked).toEqual([[1, 2, 4, 5, 6], [1], [2, 4, 5, 6]]);
  });

  it("counts equal keys once", async () => {
    const { view } = await open();
    const flag = (name: string): SearchKey => ({ key: "FLAG", flag: name, present: false });
    const tests = (keys: readonly SearchKey[]) => new SearchEvaluation(view, { key: "AND", keys }, () => {}).tests;
    const one = tests([flag("a")]);
    expect(tests(Array.from({ length: 4000 }, () => flag("a")))).toBe(one);
    expect(tests(Array.from({ length: 4000 }, (_, index) => flag(`a${index}`)))).toBe(one + 3999);
    const nested = (depth: number): SearchKey => (depth === 0 ? flag("a") : { key: "NOT", of: nested(depth - 1) });
    expect(tests([nested(32), nested(32)])).toBe(tests([nested(32)]));
  });
});
