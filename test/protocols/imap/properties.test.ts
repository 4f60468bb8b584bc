import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MemoryWire } from "../memory-wire.ts";
import { type Fixture, logIn, select } from "./fixture.ts";

const hello = "From: Bob <bob@example.com>\nSubject: Hello\n\nIt works.\n";

/** A client that believes what it is told, and notices when that cannot be. */
class Client {
  /** By sequence number: the UID where it is known. */
  readonly uids: (number | null)[] = [];
  readonly #wire: MemoryWire;

  constructor(wire: MemoryWire) {
    this.#wire = wire;
  }

  async command(text: string): Promise<void> {
    const keepsNumbers = /^(FETCH|STORE|SEARCH) /.test(text);
    const lines = (await this.#wire.send(`t ${text}\r\n`)).split("\r\n");
    for (const line of lines) this.#hear(line, keepsNumbers);
    expect(lines.at(-2), text).toMatch(/^t (OK|NO|BAD) /);
  }

  #hear(line: string, keepsNumbers: boolean): void {
    const [, number = "", event, data = ""] = /^\* (\d+) (EXISTS|EXPUNGE|FETCH) ?(.*)$/.exec(line) ?? [];
    const place = Number(number) - 1;
    if (event === "EXISTS") {
      expect(Number(number)).toBeGreaterThanOrEqual(this.uids.length);
      while (this.uids.length < Number(number)) this.uids.push(null);
    } else if (event === "EXPUNGE") {
      expect(keepsNumbers, "EXPUNGE while numbers have to stay").toBe(false);
      expect(place).toBeLessThan(this.uids.length);
      this.uids.splice(place, 1);
    } else if (event === "FETCH") {
      expect(place).toBeLessThan(this.uids.length);
      const uid = Number(/UID (\d+)/.exec(data)?.[1] ?? 0);
      if (uid === 0) return;
      expect(this.uids[place] ?? uid).toBe(uid);
      this.uids[place] = uid;
    }
  }
}

const number = fc.integer({ min: 1, max: 8 });
const set = fc.oneof(
  number.map(String),
  fc.tuple(number, number).map(([a, b]) => `${a}:${b}`),
  number.map((first) => `${first}:*`),
);
const uid = fc.constantFrom("", "UID ");
const command = fc.oneof(
  fc.tuple(uid, set).map(([prefix, of]) => `${prefix}FETCH ${of} (UID FLAGS)`),
  fc.tuple(uid, set).map(([prefix, of]) => `${prefix}FETCH ${of} BODY[TEXT]`),
  fc.tuple(uid, set).map(([prefix, of]) => `${prefix}STORE ${of} +FLAGS (\\Deleted)`),
  fc.tuple(uid, set).map(([prefix, of]) => `${prefix}STORE ${of} -FLAGS.SILENT (\\Deleted)`),
  fc.tuple(uid, set).map(([prefix, of]) => `${prefix}COPY ${of} INBOX`),
  fc.tuple(uid, set).map(([prefix, of]) => `${prefix}MOVE ${of} Archive`),
  set.map((of) => `UID EXPUNGE ${of}`),
  uid.map((prefix) => `${prefix}SEARCH UNDELETED`),
  fc.constantFrom("EXPUNGE", "NOOP", "CHECK", "STATUS INBOX (MESSAGES)", "APPEND INBOX {3+}\r\nabc"),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ by: fc.constantFrom(0, 1), command }) },
  { weight: 1, arbitrary: fc.constant({ by: null, command: "" }) },
);

describe("two clients with one mailbox", () => {
  it("are told nothing that contradicts what they were told before, and know the same in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const first: Fixture = await logIn();
        const second: Fixture = await logIn({ memory: first.mailboxes });
        for (let count = 0; count < 5; count++) first.deliver(hello);
        const clients = [new Client(first.wire), new Client(second.wire)] as const;
        for (const client of clients) await client.command("SELECT INBOX");
        for (const { by, command: text } of steps) {
          if (by === null) first.deliver(hello);
          else await clients[by === 0 ? 0 : 1].command(text);
        }
        for (const client of clients) {
          await client.command("NOOP");
          await client.command("FETCH 1:* UID");
        }
        const { messages } = await first.account.select("INBOX", { readOnly: true });
        const uids = messages.map((message) => message.uid);
        expect(clients.map((client) => client.uids)).toEqual([uids, uids]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a client that has logged in", () => {
  const words = [
    ..."FETCH STORE SEARCH COPY MOVE UID SELECT INBOX LIST LSUB STATUS APPEND IDLE DONE CREATE RENAME DELETE".split(
      " ",
    ),
    ...'EXPUNGE CLOSE NOOP BODY[] BODY.PEEK[1.MIME]<0.9> FLAGS (\\Seen) 1:* 3,2:1 ALL OR NOT TEXT "" "*" %'.split(" "),
    ...'{3+} {3} {0+} ( ) * + NIL \\ " & &AOk- ENVELOPE BODYSTRUCTURE HEADER.FIELDS (UID) 4294967296 0'.split(" "),
  ];
  const line = fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((parts) => `t ${parts.join(" ")}\r\n`);

  it("may send anything: it is answered or said goodbye to, and nothing throws", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.array(fc.nat(400), { maxLength: 5 }),
        async (lines, cuts) => {
          const { wire } = await select([hello, hello]);
          const said = await wire.send(lines.join(""), cuts);
          expect(said).toMatch(/^$|^(\*|\+|t) [\s\S]*\r\n$/);
          expect(["continue", "close"]).toContain(wire.verdict.next);
          if (wire.verdict.next === "close") expect(said).toMatch(/^\* BYE /m);
          wire.close("peer-reset");
          expect(wire.notices.filter(({ type }) => type === "session.backendFailed")).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
