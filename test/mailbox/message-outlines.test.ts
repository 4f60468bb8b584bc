/** What is kept of messages answers as the messages themselves do, however they are written. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/mailbox/index.ts";
import { COMMON_FIELDS, commonFieldsOf } from "../../src/mailbox/message/common-fields.ts";
import { fieldsOf } from "../../src/mailbox/message/header-fields.ts";
import { parseStructure } from "../../src/mailbox/message/parse-structure.ts";
import { matches } from "../../src/mailbox/message/text-search.ts";
import { fillOutlines } from "../../src/mailbox/store/outline-backfill.ts";
import type { MailStore, Store } from "../../src/mailbox/store/store.ts";
import { FieldSelection, HeaderFields } from "../../src/protocols/imap/sections.ts";
import type { Mailbox, TextQuery } from "../../src/protocols/mailbox.ts";
import { bodyOf, letter } from "./letters.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Words that messages are made of and that are looked for: cases, compositions, signs that mean something in headers. */
const word = fc.constantFrom(
  ...[
    "Straße",
    "STRASSE",
    "Émile",
    "E\u0301mile",
    "İstanbul",
    "ﬁnal",
    "final",
    "ΟΔΟΣ",
    "οδος",
    "日本語",
    "😀",
    "a",
    "A",
    "ab",
  ],
  ...[
    "report",
    "Report",
    "ann@example.com",
    "\u0000",
    "(x)",
    '"q"',
    "<",
    ">",
    ",",
    ";",
    ":",
    "=?",
    "?=",
    "\\",
    "%",
    "_",
    "�",
  ],
);
const text = fc.array(word, { maxLength: 5 }).map((words) => words.join(" "));

const encoded = fc
  .tuple(text, fc.constantFrom("utf-8", "iso-8859-1", "utf-16", "utf-7", "shift_jis", "koi8-r", "nonsense"))
  .map(([words, charset]) => {
    const octets =
      charset === "utf-16"
        ? Buffer.from(`\ufeff${words}`, "utf16le")
        : Buffer.from(words, charset === "utf-8" ? "utf8" : "latin1");
    return `=?${charset}?b?${octets.toString("base64")}?=`;
  });
/** Half of a character, which UTF-8 cannot say. */
const half = fc.constant("=?utf-16le?b?PdgA?= x");
const address = fc
  .tuple(fc.oneof(text, encoded), fc.constantFrom("ann@example.com", "bob (comment)@ example.org", "@", "a@[1.2.3.4]"))
  .map(([name, at]) => `${name} <${at}>`);
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 3, arbitrary: encoded },
  { weight: 3, arbitrary: fc.array(address, { maxLength: 3 }).map((all) => all.join(", ")) },
  half,
  fc.tuple(text, fc.constantFrom("\r\n ", "\r\n\t", "\n ", "\r"), text).map((parts) => parts.join("")),
  fc.constantFrom(1000, 4090, 4097).map((length) => `long ${"x".repeat(length)} report`),
);
const name = fc.constantFrom(
  ...[
    "Subject",
    "SUBJECT",
    "subject ",
    "From",
    "To",
    "Cc",
    "Bcc",
    "Sender",
    "Date",
    "Message-ID",
    "References",
    "X-Other",
    "List-Id",
  ],
);
const field = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(name, value).map(([of, is]) => `${of}: ${is}`) },
  fc.constantFrom("no field", " folded first", "\tfolded: first", ":", "Subject\r\n : far", "\r"),
);
const body = fc.oneof(
  fc.tuple(text, text).map((parts) => `\r\n${parts.join("\r\n")}\r\n`),
  text.map((words) => `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(words).toString("base64")}\r\n`),
  text.map(
    (words) =>
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quoted(words)}=\r\n`,
  ),
  text.map(
    (words) =>
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nSubject: within\r\n\r\n${words}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: ${words}\r\n\r\n${words}\r\n--b--\r\n`,
  ),
);
const message = fc.tuple(fc.array(field, { maxLength: 6 }), body, fc.boolean()).map(([fields, rest, isLatin]) => {
  return Buffer.from(`${fields.map((line) => `${line}\r\n`).join("")}${rest}`, isLatin ? "latin1" : "utf8");
});

const needle = fc.oneof(
  text,
  word,
  word.map((of) => of.slice(0, 1)),
  fc.constantFrom("", "x".repeat(300), "report", "\ud83d", "\n", "x r"),
);
const query: fc.Arbitrary<TextQuery> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ in: fc.constant("header" as const), field: name, text: needle }) },
  { weight: 4, arbitrary: fc.record({ in: fc.constant("address" as const), field: name, text: needle }) },
  fc.record({ in: fc.constantFrom("body" as const, "text" as const), text: needle }),
);

function quoted(words: string): string {
  return [...Buffer.from(words)].map((octet) => `=${octet.toString(16).padStart(2, "0").toUpperCase()}`).join("");
}

/** The slow way: everything is read and decoded. */
async function searchedSlowly(octets: Buffer): Promise<(asked: TextQuery) => Promise<boolean>> {
  const read = (start: number, end: number) => [octets.subarray(start, end)];
  const structure = await parseStructure(read, octets.length);
  return (asked) => matches(asked, { structure, read });
}

describe("the common fields of a header", () => {
  test("Whoever looks for one of them finds the same as in the header, in a search and in FETCH.", async () => {
    await fc.assert(
      fc.asyncProperty(message, fc.subarray([...COMMON_FIELDS], { maxLength: 5 }), async (octets, fields) => {
        const structure = await parseStructure((start, end) => [octets.subarray(start, end)], octets.length);
        const { start, end } = structure.root.header;
        const header = octets.subarray(start, end);
        const common = commonFieldsOf(header);
        if (!common) return;
        expect([...fieldsOf(common)]).toEqual([...fieldsOf(header)].filter((each) => COMMON_FIELDS.has(each.name)));
        const section = {
          item: "SECTION",
          form: "BODY",
          part: [],
          text: "HEADER.FIELDS",
          fields,
          partial: null,
          peek: true,
        } as const;
        const whole = { read: async (from: number, to: number) => octets.subarray(from, to) };
        const expected = await new HeaderFields(whole).select(section, { start, end });
        expect(new FieldSelection(section).of(common)).toEqual(expected);
        expect(new FieldSelection(section).of(header)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test("They are not kept where they are long.", () => {
    expect(commonFieldsOf(Buffer.from(`To: ${"x".repeat(40_000)}\r\n\r\n`))).toBeNull();
  });
});

describe("a store", () => {
  const messages = fc.sample(message, { numRuns: 40, seed: 17 });
  const queries = fc.sample(query, { numRuns: 60, seed: 71 });
  /** By query, the UIDs. */
  const expected: number[][] = [];

  beforeAll(async () => {
    const searched = await Promise.all(messages.map(searchedSlowly));
    for (const asked of queries) {
      const fit = await Promise.all(searched.map((fits) => fits(asked)));
      expected.push(fit.flatMap((fits, index) => (fits ? [index + 1] : [])));
    }
  });

  async function fill(directory: string): Promise<Store> {
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    for (const octets of messages) await store.deliver(letter(bodyOf(octets)));
    return store;
  }

  async function inboxOf(store: Store): Promise<Mailbox> {
    const account = await store.mailboxes.open({ username: "ann@example.com", roles: [] });
    return account.select("INBOX", { readOnly: true });
  }

  async function expectSame(inbox: Mailbox): Promise<void> {
    const uids = messages.map((_, index) => index + 1);
    for (const [index, asked] of queries.entries()) {
      expect([asked, await inbox.matching(asked, uids)]).toEqual([asked, expected[index]]);
    }
    for (const fields of [
      ["subject", "from"],
      ["X-Other", "to"],
    ]) {
      const section = {
        item: "SECTION",
        form: "BODY",
        part: [],
        text: "HEADER.FIELDS",
        fields,
        partial: null,
        peek: true,
      } as const;
      let count = 0;
      for await (const { uid, octets } of inbox.headers?.(uids, fields) ?? []) {
        const whole = messages[uid - 1] ?? Buffer.alloc(0);
        const read = async (start: number, end: number) => whole.subarray(start, end);
        const { root } = await parseStructure((start, end) => [whole.subarray(start, end)], whole.length);
        const header = { read: async (start: number, end: number) => octets.subarray(start, end) };
        expect(await new HeaderFields(header).select(section, { start: 0, end: octets.length })).toEqual(
          await new HeaderFields({ read }).select(section, root.header),
        );
        count += 1;
      }
      expect(count).toBe(messages.length);
    }
  }

  async function expectWhole(inbox: Mailbox): Promise<void> {
    let count = 0;
    for await (const { uid, content } of inbox.contents?.(messages.map((_, index) => index + 1)) ?? []) {
      const octets = await content.read(0, content.size);
      content.close();
      expect(Buffer.from(octets).equals(messages[uid - 1] ?? Buffer.alloc(0))).toBe(true);
      count += 1;
    }
    expect(count).toBe(messages.length);
  }

  test("It finds exactly what reading every message finds, and gives the fields and octets that stand there.", async () => {
    const inbox = await inboxOf(await fill(join(temporaryDirectory(), "data")));
    await expectSame(inbox);
    await expectWhole(inbox);
  });

  test("A database of the version before is searched at once, and gets its outlines step by step.", async () => {
    const directory = join(temporaryDirectory(), "data");
    await (await fill(directory)).close();
    const rows = () => {
      const database = new DatabaseSync(join(directory, "mail.sqlite"));
      const all = ["outline", "search_text"].map((table) =>
        database.prepare(`SELECT * FROM ${table} ORDER BY content`).all(),
      );
      database.close();
      return all;
    };
    const before = rows();
    const database = new DatabaseSync(join(directory, "mail.sqlite"));
    database.exec(`
      UPDATE content SET structure = (SELECT structure FROM outline WHERE content = key) WHERE key % 2;
      DROP TABLE outline; DROP TABLE search_text; DELETE FROM counter WHERE name = 'outlines_due';
      PRAGMA user_version = 3;`);
    database.close();
    const store = (await openStore(directory)) as Store & MailStore;
    onTestFinished(() => store.close());
    await expectSame(await inboxOf(store));
    await fillOutlines(store, new AbortController().signal);
    await expectSame(await inboxOf(store));
    await store.close();
    expect(rows()).toEqual(before);
  });
});
