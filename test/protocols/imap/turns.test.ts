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
