import { describe, expect, it } from "vitest";
import { codes, introduce, startData } from "./fixture.ts";

const refused = "550 5.6.11 The message holds a bare CR or a bare LF (RFC 5321 2.3.8)\r\n";
const open = "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\n";

describe("DATA", () => {
  it.each(["\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\n\n.\r\n", "\r\r\n.\r\r\n"])(
    "refuses one message, and runs no command, where %j is sent to smuggle a second one",
    async (sequence) => {
      const { wire, backend } = await startData();
      const smuggled = `${open}DATA\r\nevil\r\n`;
      expect(await wire.send(`Hi${sequence}${smuggled}`)).toBe("");
      expect(await wire.send(".\r\nNOOP\r\n")).toBe(`${refused}250 2.0.0 Ok\r\n`);
      await new Promise(setImmediate);
      expect(backend.stored).toEqual([]);
      expect(backend.broken).toMatchObject([{ code: "message-refused" }]);
    },
  );

  it("keeps NULs and octets above 127 as they are", async () => {
    const { wire, backend } = await startData();
    const content = Buffer.from([...Array(256).keys()].filter((octet) => octet !== 10 && octet !== 13));
    await wire.send(Buffer.concat([content, Buffer.from("\r\n.\r\n")]));
    expect(backend.stored[0]?.content).toEqual(Buffer.concat([content, Buffer.from("\r\n")]));
  });
});

describe("BDAT", () => {
  it("takes a message in one chunk, with the dots as they are", async () => {
    const { wire, backend } = await introduce();
    await wire.send(open);
    expect(await wire.send("BDAT 9 LAST\r\n.\r\n..\r\nHi")).toBe("250 2.0.0 Ok: queued\r\n");
    expect(backend.contents).toEqual([".\r\n..\r\nHi\r\n"]);
  });

  it("takes chunks that are cut anywhere, an empty last one too", async () => {
    const { wire, backend } = await introduce();
    expect(await wire.send(`${open}BDAT 3\r\nHi\rBDAT 1\r\n\nBDAT 0 LAST\r\nNOOP\r\n`)).toBe(
      "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 3 octets received\r\n250 2.0.0 1 octets received\r\n" +
        "250 2.0.0 Ok: queued\r\n250 2.0.0 Ok\r\n",
    );
    expect(backend.contents).toEqual(["Hi\r\n"]);
  });

  it("gives a last line its end, so that it is the same for all who read it", async () => {
    const { wire, backend } = await introduce();
    for (const [chunk, body] of [
      ["BDAT 1\r\naBDAT 1 LAST\r\nb", "ab\r\n"],
      ["BDAT 3 LAST\r\na\r\n", "a\r\n"],
      ["BDAT 1\r\naBDAT 0 LAST\r\n", "a\r\n"],
      ["BDAT 0 LAST\r\n", ""],
    ] as const) {
      await wire.send(`${open}${chunk}`);
      expect(backend.contents.at(-1)).toBe(body);
    }
  });

  it("lets RSET and EHLO break a message off", async () => {
    const { wire, backend } = await introduce();
    for (const command of ["RSET", "EHLO again"]) {
      await wire.send(`${open}BDAT 4\r\nHi\r\n`);
      await wire.send(`${command}\r\n`);
      expect(await wire.send("BDAT 4 LAST\r\nHi\r\n")).toBe("503 5.5.1 MAIL is needed first\r\n");
    }
    await new Promise(setImmediate);
    expect(backend.stored).toEqual([]);
    expect(backend.broken).toMatchObject([{ code: "message-incomplete" }, { code: "message-incomplete" }]);
  });

  it.each(["MAIL FROM:<a@b.c>", "RCPT TO:<b@c.d>", "DATA", "AUTH PLAIN", "STARTTLS"])(
    "does not let %s come between chunks",
    async (command) => {
      const { wire } = await introduce();
      await wire.send(`${open}BDAT 4\r\nHi\r\n`);
      expect(codes(await wire.send(`${command}\r\nNOOP\r\nBDAT 0 LAST\r\n`))[0]).toMatch(/50[32]|538/);
      expect(wire.output).toMatch(/250 2\.0\.0 Ok\r\n250 2\.0\.0 Ok: queued\r\n$/);
    },
  );

  it("reads over the octets of a chunk that it refuses", async () => {
    const { wire } = await introduce();
    expect(await wire.send("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")).toBe(
      "503 5.5.1 MAIL is needed first\r\n250 2.0.0 Ok\r\n",
    );
    const large = await introduce({ messageSize: 10 });
    await large.wire.send(open);
    expect(codes(await large.wire.send("BDAT 6\r\nQUIT\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"))).toEqual(
      [...["250", "552", "503", "250"]],
    );
  });

  it.each(["", "x", "-1", "1 FIRST", "1 LAST LAST", "9999999999999999"])(
    "ends at %j, as no one knows where the chunk ends",
    async (argument) => {
      const { wire } = await introduce();
      await wire.send(open);
      expect(await wire.send(`BDAT ${argument}\r\nRSET\r\n`)).toBe("501 5.5.4 Syntax: BDAT chunk-size [LAST]\r\n");
      expect(wire.verdict).toEqual({ next: "close", cause: "protocol-error" });
    },
  );

  it("does not read over a chunk of absurd size", async () => {
    const { wire } = await introduce();
    await wire.send(open);
    expect(await wire.send("BDAT 999999999999 LAST\r\n")).toMatch(/^552/);
    expect(wire.verdict).toEqual({ next: "close", cause: "protocol-error" });
  });

  it.each(["a\nb\r\n", "a\rb\r\n", "\n.\r\n", "ab\r"])("refuses the message %j", async (content) => {
    const { wire, backend } = await introduce();
    await wire.send(open);
    expect(await wire.send(`BDAT ${content.length} LAST\r\n${content}NOOP\r\n`)).toBe(`${refused}250 2.0.0 Ok\r\n`);
    await new Promise(setImmediate);
    expect(backend.stored).toEqual([]);
  });

  it("tells a rejection at the chunk after which it came", async () => {
    const { wire } = await introduce({
      backend: {
        recipient: async () => undefined,
        message: async () => ({ code: 552, enhanced: "5.2.2", text: "Mailbox full" }),
      },
    });
    await wire.send(`${open}BDAT 4\r\n`);
    expect(codes(await wire.send("Hi\r\nBDAT 4 LAST\r\nHi\r\n"))).toEqual(["552", "503"]);
  });
});
