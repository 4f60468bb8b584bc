/** Messages and envelopes in very many very small pieces. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SmallPieces } from "../../../src/protocols/small-pieces.ts";
import { introduce } from "./fixture.ts";

describe("small pieces", () => {
  it("are put together in their order, and nothing is held once it was asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_500), { maxLength: 200 }), (lengths) => {
        const passed: Buffer[] = [];
        const pieces = new SmallPieces((piece) => passed.push(piece));
        const content = lengths.map((length, at) => Buffer.alloc(length, at % 251));
        for (const piece of content) pieces.add(piece);
        pieces.flush();
        expect(Buffer.concat(passed).equals(Buffer.concat(content))).toBe(true);
        expect(pieces.empty).toBe(true);
        const large = content.filter(({ length }) => length > 512).length;
        const small = content.reduce((sum, { length }) => sum + (length > 512 ? 0 : length), 0);
        expect(passed.length).toBeLessThanOrEqual(2 * large + 1 + Math.ceil(small / (4_096 - 512)));
      }),
    );
  });
});

const line = "a line of text\r\n";

describe("a message in chunks of one octet", () => {
  const chunks = (content: string) => [...content].map((octet) => `BDAT 1\r\n${octet}`).join("");

  it.each(["looks at the body at once", "looks at it when it has come"])(
    "is few pieces for a backend that %s",
    async (when) => {
      const pieces: Buffer[] = [];
      let whole = () => {};
      const come = new Promise<void>((resolve) => (whole = resolve));
      const { wire } = await introduce({
        backend: {
          recipient: () => undefined,
          message: async ({ body }) => {
            if (when === "looks at it when it has come") await come;
            for await (const piece of body) pieces.push(piece as Buffer);
            return undefined;
          },
        },
      });
      await wire.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
      const content = line.repeat(500);
      const sent = wire.send(`${chunks(content)}BDAT 0 LAST\r\n`);
      setTimeout(whole, 20);
      expect(await sent).toMatch(/250 2\.0\.0 Ok: queued\r\n$/);
      expect(Buffer.concat(pieces).toString()).toBe(content);
      expect(pieces.length).toBeLessThan(40);
    },
  );

  it("shares the time with other sessions", async () => {
    const { wire } = await introduce({ backend: { recipient: () => undefined, message: () => undefined } });
    await wire.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
    wire.now = () => wire.time++;
    const before = wire.verdicts.length;
    const said = await wire.send(`${chunks(line.repeat(100))}BDAT 0 LAST\r\n`);
    expect(said.match(/^250 /gm)).toHaveLength(1_601);
    const turns = wire.verdicts.slice(before).map(({ next }) => next);
    expect(turns.filter((next) => next === "wait").length).toBeGreaterThan(5);
    expect(turns.at(-1)).toBe("continue");
  });
});

it("thousands of recipients are told that they are too many, and the message goes to the others", async () => {
  const { wire, backend } = await introduce();
  const recipients = Array.from({ length: 5_000 }, (_, at) => `RCPT TO:<ann-${at}@example.com>\r\n`).join("");
  const said = await wire.send(`MAIL FROM:<a@b.example>\r\n${recipients}DATA\r\n`);
  expect(said.match(/^250 2\.1\.5 /gm)).toHaveLength(1_000);
  expect(said.match(/^452 4\.5\.3 /gm)).toHaveLength(4_000);
  await wire.send("Hello\r\n.\r\n");
  expect(backend.stored.map(({ envelope }) => envelope.recipients.length)).toEqual([1_000]);
});
