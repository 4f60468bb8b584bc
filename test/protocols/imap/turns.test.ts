/** Commands that compute for long let other connections have their turn: the session asks to be woken after no time. */
import { describe, expect, it } from "vitest";
import { type Fixture, logIn, select } from "./fixture.ts";

/** @returns what was answered, and how often others had their turn meanwhile. */
async function measure({ wire }: Fixture, command: string): Promise<{ said: string; turns: number }> {
  const before = wire.waits.length;
  const said = await wire.send(`${command}\r\n`);
  return { said, turns: wire.waits.length - before };
}

describe("LIST", () => {
  async function manyNames(): Promise<Fixture> {
    const fixture = await logIn();
    for (let number = 0; number < 150; number++) await fixture.account.create(`${"a".repeat(480)}${number}`);
    return fixture;
  }

  it("lets others have their turn by the work that its patterns make", async () => {
    const fixture = await manyNames();
    const patterns = Array.from({ length: 60 }, (_, index) => `${"*a".repeat(30)}*b${index}`);
    const { said, turns } = await measure(fixture, `a LIST "" (${patterns.join(" ")})`);
    expect(said).toBe("a OK Done\r\n");
    expect(turns).toBeGreaterThan(5);
    expect(await measure(fixture, 'b LIST "" (Sent Trash)')).toMatchObject({ turns: 0 });
  });

  it("lets its answer leave in pieces", async () => {
    const { said, turns } = await measure(await manyNames(), 'a LIST "" *');
    expect(said.match(/^\* LIST/gm)).toHaveLength(156);
    expect(said).toMatch(/a OK Done\r\n$/);
    expect(turns).toBeGreaterThan(0);
  });

  it("takes patterns of 4096 characters together, each with the reference before it", async () => {
    const fixture = await logIn();
    const patterns = (length: number) => Array.from({ length: 4 }, () => "x".repeat(length)).join(" ");
    expect((await measure(fixture, `a LIST ${"r".repeat(24)} (${patterns(1000)})`)).said).toMatch(/^a OK /);
    expect((await measure(fixture, `b LIST ${"r".repeat(25)} (${patterns(1000)})`)).said).toMatch(/^b NO \[LIMIT\] /);
  });
});

describe("SEARCH", () => {
  const letters = Array.from({ length: 512 }, () => "Subject: one\n\none\n");
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `UNKEYWORD z${index}`).join(" ");

  it("lets others have their turn by its keys times the messages", async () => {
    const fixture = await select(letters);
    const { said, turns } = await measure(fixture, `a SEARCH ${keys(4000)}`);
    expect(said).toMatch(/^\* SEARCH 1 2 .* 511 512\r\na OK /);
    expect(turns).toBeGreaterThan(20);
  });

  it("asks equal keys once", async () => {
    const fixture = await select(letters);
    expect(await measure(fixture, `a SEARCH ${"UNKEYWORD zz ".repeat(4000)}`)).toMatchObject({ turns: 0 });
  });
});

describe("FETCH", () => {
  it("tells once what was asked for twice", async () => {
    const fixture = await select(["Subject: one\n\none\n"]);
    const { said } = await measure(
      fixture,
      "a FETCH 1 (UID FLAGS UID BODY.PEEK[TEXT] FLAGS BODY.PEEK[TEXT] BODY.PEEK[TEXT]<0.1>)",
    );
    expect(said.split("\r\n").slice(0, -2).join("\n")).toBe(
      "* 1 FETCH (UID 1 FLAGS (\\Recent) BODY[TEXT] {5}\none\n BODY[TEXT]<0> {1}\no)",
    );
  });

  it("reads a header once for many choices of its fields, and lets others have their turn by its size", async () => {
    const header = Array.from({ length: 5000 }, (_, index) => `X-${index}: ${"v".repeat(40)}\n`).join("");
    const fixture = await select([`${header}\nbody\n`]);
    const sections = Array.from({ length: 60 }, (_, index) => `BODY.PEEK[HEADER.FIELDS (X-${index})]`);
    const { said, turns } = await measure(fixture, `a FETCH 1 (${sections.join(" ")})`);
    expect(said.match(/X-\d+: v/g)).toHaveLength(60);
    expect(turns).toBeGreaterThan(15);
  });

  it("does not gather more than the client takes", async () => {
    const header = Array.from({ length: 5000 }, (_, index) => `X-${index}: ${"v".repeat(40)}\n`).join("");
    const { wire } = await select([`${header}\nbody\n`]);
    const sections = Array.from({ length: 200 }, (_, index) => `BODY.PEEK[HEADER.FIELDS.NOT (X-${index})]`);
    wire.reading = false;
    await wire.send(`a FETCH 1 (${sections.join(" ")})\r\n`);
    expect(wire.output.length).toBeLessThan(2_000_000);
  });
});

describe("Many changes", () => {
  const letters = Array.from({ length: 6000 }, () => "Subject: one\n\none\n");

  it("are told of in pieces, all before the command is answered", async () => {
    const fixture = await select(letters);
    const other = await fixture.account.select("INBOX", { readOnly: false });
    const uids = other.messages.map(({ uid }) => uid);
    await other.store(uids, { mode: "add", flags: ["\\Deleted"] });
    const flags = await measure(fixture, "a NOOP");
    expect(flags.said.match(/^\* \d+ FETCH /gm)).toHaveLength(6000);
    expect(flags.said).toMatch(/a OK Done\r\n$/);
    expect(flags.turns).toBeGreaterThan(0);
    await other.expunge();
    fixture.deliver("Subject: new\n\n");
    const expunges = await measure(fixture, "b NOOP");
    expect(expunges.said.match(/^\* \d+ EXPUNGE/gm)).toHaveLength(6000);
    expect(expunges.said).toMatch(/EXPUNGE\r\n\* 1 EXISTS\r\n\* 1 RECENT\r\nb OK Done\r\n$/);
    expect(expunges.turns).toBeGreaterThan(0);
  });

  it("are told of in IDLE without being asked again", async () => {
    const { wire, account } = await select(letters);
    const other = await account.select("INBOX", { readOnly: false });
    await wire.send("a IDLE\r\n");
    wire.take();
    await other.store(
      other.messages.map(({ uid }) => uid),
      { mode: "add", flags: ["\\Flagged"] },
    );
    const said = await wire.send("DONE\r\n");
    expect(said.match(/^\* \d+ FETCH /gm)).toHaveLength(6000);
  });
});

describe("EXPUNGE and MOVE of many messages", () => {
  const letters = Array.from({ length: 1100 }, () => "Subject: one\n\none\n");

  it("are done in steps, and told of as one", async () => {
    const fixture = await select(letters);
    const moved = await measure(fixture, "a MOVE 1:1050 Trash");
    expect(moved.said).toMatch(/^\* OK \[COPYUID \d+ 1:1050 1:1050\] Copied\r\n\* 1 EXPUNGE\r\n/);
    expect(moved.said.match(/EXPUNGE\r\n/g)).toHaveLength(1050);
    await fixture.wire.send("b SELECT Trash\r\nc STORE 1:* +FLAGS.SILENT (\\Deleted)\r\n");
    const expunged = await measure(fixture, "d EXPUNGE");
    expect(expunged.said.match(/EXPUNGE\r\n/g)).toHaveLength(1050);
    expect(expunged.said).toMatch(/d OK Expunged\r\n$/);
  });
});
