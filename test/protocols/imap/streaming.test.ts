import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CrlfLines } from "../../../src/protocols/imap/crlf-lines.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { ann, logIn, select } from "./fixture.ts";

const megabytes = 1_048_576;
/** What may be on its way to a peer that does not read: what is gathered for one write, and the piece that made it full. */
const mostUnread = 4 * 65_536;

describe("large answers", () => {
  it("wait for a peer that does not read, and come whole once it does", async () => {
    const fixture = await logIn();
    const message = `Subject: large\r\n\r\n${"0123456789abcde\n".repeat((5 * megabytes) / 16)}`;
    fixture.mailboxes.deliver(ann.username, message);
    await fixture.wire.send("a SELECT INBOX\r\n");
    fixture.wire.reading = false;
    await fixture.wire.send("b FETCH 1 BODY.PEEK[]\r\nc NOOP\r\n");
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    const before = fixture.wire.take().length;
    expect(before).toBeLessThan(mostUnread);
    const writes = fixture.wire.writes;
    const rest = await fixture.wire.read();
    expect(fixture.wire.writes - writes).toBeGreaterThan(message.length / mostUnread);
    expect(rest).toMatch(/\)\r\nb OK Fetched\r\nc OK Done\r\n$/);
    expect(before + rest.length).toBe(
      `* 1 FETCH (BODY[] {${message.length}}\r\n)\r\nb OK Fetched\r\nc OK Done\r\n`.length + message.length,
    );
  });

  it("leave in pieces when they are of many messages", async () => {
    const memory = new MemoryMailboxes();
    for (let number = 0; number < 5000; number++) memory.deliver(ann.username, `Subject: ${number}\r\n\r\n`);
    const fixture = await select([], { memory });
    fixture.wire.reading = false;
    await fixture.wire.send("b FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)\r\n");
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(fixture.wire.take().length).toBeLessThan(mostUnread);
    const rest = await fixture.wire.read();
    expect(rest.match(/^\* /gm)?.length).toBeGreaterThan(4000);
    expect(rest).toMatch(/b OK Fetched\r\n$/);
  });

  it("are given up when the connection ends, and their message is closed", async () => {
    const memory = new MemoryMailboxes();
    const fixture = await logIn({ memory });
    fixture.mailboxes.deliver(ann.username, `Subject: large\r\n\r\n${"x".repeat(megabytes)}`);
    await fixture.wire.send("a SELECT INBOX\r\n");
    fixture.wire.reading = false;
    await fixture.wire.send("b FETCH 1 BODY.PEEK[]\r\n");
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const { writes } = fixture.wire;
    fixture.wire.close("peer-reset");
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(fixture.wire.writes).toBe(writes);
    expect(fixture.wire.state).toBe("closed");
  });
});

describe("large messages of APPEND", () => {
  it("come in pieces, each byte as it was sent", async () => {
    const fixture = await select();
    const message = Buffer.from(`Subject: large\r\n\r\n${"0123456789abcd\r\n".repeat(megabytes / 16)}`);
    await fixture.wire.send(`a APPEND INBOX {${message.length}+}\r\n`);
    for (let start = 0; start < message.length; start += 30_000) {
      await fixture.wire.send(message.subarray(start, start + 30_000));
    }
    expect(await fixture.wire.send("\r\n")).toMatch(/^a OK \[APPENDUID/m);
    const mailbox = await fixture.account.select("INBOX", { readOnly: true });
    const content = await mailbox.content(1);
    expect(Buffer.from(await content.read(0, message.length + 1)).equals(message)).toBe(true);
  });
});

describe("octets of messages", () => {
  it("are sent without NUL, which no literal may hold", async () => {
    const fixture = await select(["Subject: a\0b\nX-\0: c\n\nd\0\0e\n"]);
    const said = await fixture.wire.send(
      "a FETCH 1 (BODY.PEEK[] BODY.PEEK[TEXT]<1.2> BODY.PEEK[HEADER.FIELDS (Subject)] ENVELOPE RFC822.SIZE)\r\n",
    );
    expect(said).not.toContain("\0");
    // 0x80, which is no UTF-8.
    const message = "Subject: a\ufffdb\r\nX-\ufffd: c\r\n\r\nd\ufffd\ufffde\r\n";
    expect(said).toContain(`BODY[] {${message.length}}\r\n${message}`);
    expect(said).toContain("BODY[TEXT]<1> {2}\r\n\ufffd\ufffd");
    expect(said).toContain("BODY[HEADER.FIELDS (Subject)] {16}\r\nSubject: a\ufffdb\r\n\r\n");
    expect(said).toContain(`RFC822.SIZE ${message.length}`);
  });

  it("of APPEND end their lines with CRLF, however they are cut", async () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\r", "\n", "\r\n", "a"), { maxLength: 20 }), fc.nat(20), (parts, cut) => {
        const text = parts.join("");
        const lines = new CrlfLines();
        const written = [text.slice(0, cut), text.slice(cut)].map((piece) => lines.write(Buffer.from(piece)));
        written.push(lines.end());
        const open = text !== "" && !text.endsWith("\n") ? "\r\n" : "";
        expect(Buffer.concat(written).toString()).toBe(text.replace(/(?<!\r)\n/g, "\r\n") + open);
      }),
    );
    const fixture = await select();
    for (const message of ["Subject: a\n\nb\r\nc\n", "Subject: a\r\n\r\nb\r\nc"]) {
      await fixture.wire.send(`a APPEND INBOX {${message.length}+}\r\n${message}\r\n`);
      const said = await fixture.wire.send("b FETCH * (RFC822.SIZE BODY.PEEK[])\r\n");
      expect(said).toContain("RFC822.SIZE 20 BODY[] {20}\r\nSubject: a\r\n\r\nb\r\nc\r\n)");
    }
  });
});
