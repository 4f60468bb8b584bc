import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Inspector } from "../../../src/charts/inspector.ts";
import { smtp } from "../../../src/protocols/smtp/index.ts";
import { secureFacts } from "../memory-wire.ts";
import { codes, connect, introduce, startData } from "./fixture.ts";

/** Lines of a dialogue: `C:` is sent, `S:` has to be the reply. */
async function play(dialogue: string, options: Parameters<typeof connect>[0] = {}, tls = false) {
  const fixture = await connect(options, tls ? { tls: secureFacts } : {});
  let sent = "";
  let expected = "";
  const lines = dialogue
    .trim()
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("C:")) sent += `${line.slice(2).trimStart()}\r\n`;
    else expected += `${line.slice(2).trimStart()}\r\n`;
    const next = lines[index + 1];
    if (line.startsWith("S:") && (next === undefined || next.startsWith("C:"))) {
      expect(await fixture.wire.send(sent), `after ${sent}`).toBe(expected);
      sent = "";
      expected = "";
    }
  }
  return fixture;
}

const hello = `
  C: EHLO bar.com
  S: 250-mx.example.com Hello [198.51.100.7]
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-ENHANCEDSTATUSCODES
  S: 250-CHUNKING
  S: 250-DSN
  S: 250-STARTTLS
  S: 250 HELP
`;

describe("the dialogues of RFC 5321 appendix D", () => {
  it("greets with its host name and the protocol", async () => {
    const { wire } = await connect();
    expect(wire.output).toBe("220 mx.example.com ESMTP Gatehouse\r\n");
    expect(wire.verdict.next).toBe("continue");
  });

  it("plays D.1, a typical transaction", async () => {
    const { wire, backend } = await play(`${hello}
      C: MAIL FROM:<Smith@bar.com>
      S: 250 2.1.0 Ok
      C: RCPT TO:<Jones@foo.com>
      S: 250 2.1.5 Ok
      C: RCPT TO:<nobody@foo.com>
      S: 550 5.1.1 No such user
      C: RCPT TO:<Brown@foo.com>
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 End data with <CR><LF>.<CR><LF>
      C: Blah blah blah...
      C: ...etc. etc. etc.
      C: .
      S: 250 2.0.0 Ok: queued
      C: QUIT
      S: 221 2.0.0 Bye
    `);
    expect(wire.verdict).toEqual({ next: "close", cause: "quit", goodbye: true });
    expect(backend.contents).toEqual(["Blah blah blah...\r\n..etc. etc. etc.\r\n"]);
    expect(backend.stored[0]?.envelope).toMatchObject({
      helo: "bar.com",
      sender: "Smith@bar.com",
      recipients: [{ address: "Jones@foo.com" }, { address: "Brown@foo.com" }],
      identity: null,
      body: "7BIT",
      connection: { peer: { address: "198.51.100.7" }, tls: null },
    });
    expect(wire.notices).toEqual([{ type: "session.messageAccepted", size: 37, recipients: 2 }]);
  });

  it("plays D.2, an aborted transaction", async () => {
    const { wire, backend } = await play(`${hello}
      C: MAIL FROM:<Smith@bar.com>
      S: 250 2.1.0 Ok
      C: RCPT TO:<Jones@foo.com>
      S: 250 2.1.5 Ok
      C: RSET
      S: 250 2.0.0 Ok
      C: DATA
      S: 503 5.5.1 MAIL is needed first
      C: QUIT
      S: 221 2.0.0 Bye
    `);
    expect(wire.verdict).toEqual({ next: "close", cause: "quit", goodbye: true });
    expect(backend.stored).toEqual([]);
  });

  it("plays D.3, a relayed message with a source route, which is stripped", async () => {
    const { backend } = await play(`${hello}
      C: MAIL FROM:<JQP@bar.com>
      S: 250 2.1.0 Ok
      C: RCPT TO:<@foo.com:Jones@XYZ.COM>
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 End data with <CR><LF>.<CR><LF>
      C: .
      S: 250 2.0.0 Ok: queued
    `);
    expect(backend.contents).toEqual([""]);
    expect(backend.stored[0]?.envelope.recipients[0]?.address).toBe("Jones@XYZ.COM");
  });
});

describe("commands", () => {
  it.each([
    ["HELO there", "250 mx.example.com Hello [198.51.100.7]"],
    ["helo there", "250 mx.example.com Hello [198.51.100.7]"],
    ["EHLO", "501 5.5.4 A host name or an address literal is needed"],
    ["HELO two names", "250 mx.example.com Hello [198.51.100.7]"],
    ["HELO Jürgens-MacBook", "250 mx.example.com Hello [198.51.100.7]"],
    ["MAIL FROM:<a@b.c>", "503 5.5.1 Send EHLO or HELO first"],
    ["RCPT TO:<a@b.c>", "503 5.5.1 Send EHLO or HELO first"],
    ["DATA", "503 5.5.1 Send EHLO or HELO first"],
    ["STARTTLS", "503 5.5.1 Send EHLO or HELO first"],
    ["AUTH PLAIN", "503 5.5.1 Send EHLO or HELO first"],
    ["NOOP", "250 2.0.0 Ok"],
    ["NOOP whatever", "250 2.0.0 Ok"],
    ["RSET", "250 2.0.0 Ok"],
    ["RSET now", "501 5.5.4 The command takes no arguments"],
    ["VRFY joe", "252 2.0.0 Cannot VRFY user, but will take a message and try to deliver it"],
    ["VRFY", "501 5.5.4 The command needs an argument"],
    ["EXPN list", "502 5.5.1 Command not implemented"],
    ["FOO", "500 5.5.1 Command not recognized"],
    ["", "500 5.5.1 Command not recognized"],
    ["QUIT now", "501 5.5.4 The command takes no arguments"],
    ["NO\0OP", "500 5.5.2 Commands are UTF-8 without NUL and bare CR"],
    ["NOOP \r NOOP", "500 5.5.2 Commands are UTF-8 without NUL and bare CR"],
  ])("answers a first %j with %j", async (line, reply) => {
    const { wire } = await connect();
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
    expect(wire.verdict.next).toBe("continue");
  });

  it.each([
    ["RCPT TO:<b@c.d>", "503 5.5.1 MAIL is needed first"],
    ["DATA", "503 5.5.1 MAIL is needed first"],
    ["MAIL <a@b.c>", "501 5.5.4 Syntax: MAIL FROM:<address>"],
    ["MAIL FROM:<a@b@c>", "501 5.1.7 Bad sender address syntax"],
    ["MAIL FROM:<>", "250 2.1.0 Ok"],
    ["mail from: <a@b.c>", "250 2.1.0 Ok"],
    ["MAIL FROM:a@b.c", "250 2.1.0 Ok"],
    ["MAIL FROM:<a@b.c> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=QQ314159 AUTH=<>", "250 2.1.0 Ok"],
    ["MAIL FROM:<a@b.c> SIZE=52428801", "552 5.3.4 Message size exceeds the limit"],
    ["MAIL FROM:<a@b.c> SIZE=x", "501 5.5.4 Bad value or syntax: SIZE"],
    ["MAIL FROM:<a@b.c> BODY=BINARYMIME", "501 5.5.4 Bad value or syntax: BODY"],
    ["MAIL FROM:<a@b.c> FOO=1", "555 5.5.4 Parameter not recognized: FOO"],
    ["MAIL FROM:<é@b.c>", "550 5.6.7 The sender address needs SMTPUTF8"],
    ["MAIL FROM:<é@bücher.example> SMTPUTF8", "250 2.1.0 Ok"],
    ["AUTH PLAIN", "538 5.7.11 AUTH needs TLS: use STARTTLS first"],
    ["EXPN staff", "502 5.5.1 Command not implemented"],
  ])("answers %j after EHLO with %j", async (line, reply) => {
    const { wire } = await introduce();
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
  });

  it.each([
    ["RCPT TO:<>", "501 5.1.3 Bad recipient address syntax"],
    ["RCPT TO:<Postmaster>", "250 2.1.5 Ok"],
    ["RCPT TO:<nobody@c.d>", "550 5.1.1 No such user"],
    ["RCPT TO:<b@c.d> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@c.d", "250 2.1.5 Ok"],
    ["RCPT TO:<b@c.d> NOTIFY=NEVER,DELAY", "501 5.5.4 Bad value or syntax: NOTIFY"],
    ["RCPT FROM:<b@c.d>", "501 5.5.4 Syntax: RCPT TO:<address>"],
    ["MAIL FROM:<x@y.z>", "503 5.5.1 The sender was given already"],
    ["DATA", "554 5.5.1 No valid recipients"],
    ["STARTTLS", "503 5.5.1 Bad sequence of commands"],
    ["AUTH PLAIN", "503 5.5.1 Bad sequence of commands"],
    ["BDAT 0 LAST", "554 5.5.1 No valid recipients"],
  ])("answers %j after MAIL with %j", async (line, reply) => {
    const { wire } = await introduce();
    await wire.send("MAIL FROM:<a@b.c>\r\n");
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
    expect(wire.state).toBe(reply.startsWith("250 2.1.5") ? "rcpt" : "mail");
  });

  it("keeps the accepted recipients when a later one is rejected", async () => {
    const { wire } = await introduce();
    await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nRCPT TO:<nobody@c.d>\r\n");
    expect(await wire.send("DATA\r\n")).toMatch(/^354/);
  });

  it.each(["EHLO m\xfcller-pc", "HELO \xe9", "ehlo \xc3\xa9\xff x"])(
    "takes %j, which is no UTF-8, for a name",
    async (line) => {
      const { wire, backend } = await connect();
      expect(await wire.send(Buffer.from(`${line}\r\n`, "latin1"))).toMatch(/^250/);
      await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nDATA\r\n.\r\n");
      expect(backend.stored[0]?.envelope.helo).toBe(line.slice(5).replace(/[\x80-\xff]/g, "?"));
    },
  );

  it("takes no other line that is no UTF-8, nor a NUL in a name", async () => {
    const { wire } = await connect();
    for (const line of ["NOOP \xff", "EHLO a\0b", "EHLO a\rb", "EHLOX \xff"]) {
      expect(await wire.send(Buffer.from(`${line}\r\n`, "latin1"))).toMatch(/^500 5\.5\.2/);
    }
  });

  it("tells a request of HTTP whose target is no UTF-8 from its own commands", async () => {
    const { wire } = await connect();
    const said = await wire.send(Buffer.from("POST /\xff HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n", "latin1"));
    expect(said).toBe("500 5.5.1 This port speaks SMTP, not HTTP\r\n");
  });

  it("takes a second EHLO for a reset of the transaction", async () => {
    const { wire } = await introduce();
    await wire.send("MAIL FROM:<a@b.c>\r\nEHLO again.example\r\n");
    expect(await wire.send("RCPT TO:<b@c.d>\r\n")).toBe("503 5.5.1 MAIL is needed first\r\n");
  });

  it("passes SMTPUTF8, DSN and SIZE parameters to the backend", async () => {
    const { wire, backend } = await introduce();
    await wire.send(
      "MAIL FROM:<é@bücher.example> SMTPUTF8 SIZE=3 BODY=8BITMIME RET=FULL ENVID=a+2Bb\r\n" +
        "RCPT TO:<ü@example.com> NOTIFY=NEVER ORCPT=rfc822;x+40y\r\nDATA\r\n\r\n.\r\n",
    );
    expect(backend.stored[0]?.envelope).toMatchObject({
      sender: "é@bücher.example",
      smtpUtf8: true,
      size: 3,
      body: "8BITMIME",
      dsn: { ret: "FULL", envid: "a+b" },
      recipients: [{ address: "ü@example.com", notify: ["NEVER"], orcpt: "rfc822;x@y" }],
    });
  });

  it("refuses HTTP requests and TLS handshakes at once", async () => {
    const http = await connect();
    expect(await http.wire.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@b.c>\r\n")).toBe(
      "500 5.5.1 This port speaks SMTP, not HTTP\r\n",
    );
    expect(http.wire.verdict).toEqual({ next: "close", cause: "protocol-error" });
    const tls = await connect();
    expect(await tls.wire.send(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc))).toMatch(/^500 5\.5\.1 .*STARTTLS/);
    expect(tls.wire.verdict).toEqual({ next: "close", cause: "protocol-error" });
  });
});

describe("pipelining", () => {
  it("answers a group in order and in one write for each wait", async () => {
    const { wire, backend } = await introduce({
      backend: { recipient: async () => undefined, message: async () => undefined },
    });
    const group = "MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nRCPT TO:<c@c.d>\r\nDATA\r\n";
    expect(codes(await wire.send(group))).toEqual(["250", "250", "250", "354"]);
    expect(backend.stored).toEqual([]);
    const before = wire.writes;
    wire.push("Hi\r\n.\r\nNOOP\r\nRSET\r\nNOOP\r\n");
    expect(codes(await wire.settle())).toEqual(["250", "250", "250", "250"]);
    expect(wire.writes - before).toBe(1);
  });

  it("takes two whole transactions and QUIT in one chunk", async () => {
    const { wire, backend } = await introduce();
    const message = "MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nDATA\r\nHi\r\n.\r\n";
    expect(codes(await wire.send(`${message}${message}QUIT\r\n`))).toEqual([
      ...["250", "250", "354", "250"],
      ...["250", "250", "354", "250"],
      "221",
    ]);
    expect(backend.contents).toEqual(["Hi\r\n", "Hi\r\n"]);
  });

  it("says who speaks before the reply to EHLO, and still serves", async () => {
    const { wire } = await connect();
    expect(codes(await wire.send("EHLO x\r\nMAIL FROM:<a@b.c>\r\n"))).toEqual(["250", "250"]);
    expect(wire.notices).toEqual([{ type: "session.earlyTalker" }]);
  });

  it("rejects early talkers where configured", async () => {
    const { wire } = await connect({ earlyTalker: "reject" });
    expect(await wire.send("EHLO x\r\nMAIL FROM:<a@b.c>\r\n")).toBe("554 5.5.1 You spoke before it was your turn\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "early-talker" });
  });

  it("stops executing commands while the peer does not read", async () => {
    const { wire } = await introduce({ commandsWithoutMail: 10_000 });
    wire.reading = false;
    const flood = "HELP\r\n".repeat(5000);
    await wire.send(flood);
    expect(wire.verdict.next).toBe("wait");
    expect(wire.output.length).toBeLessThan(10_000);
    await wire.read();
    expect(codes(wire.output).filter((code) => code === "214")).toHaveLength(5000);
    expect(wire.verdict.next).toBe("continue");
  });
});

describe("STARTTLS", () => {
  it("drops what was pipelined in clear, whole lines and fragments alike", async () => {
    const { wire, backend } = await introduce();
    expect(await wire.send("STARTTLS\r\nMAIL FROM:<evil@b.c>\r\nRCPT TO:<b@c.d>\r\nNOO")).toBe(
      "220 2.0.0 Ready to start TLS\r\n",
    );
    expect(wire.verdict.next).toBe("upgrade");
    expect(await wire.secure()).toBe("");
    expect(await wire.send("P\r\n")).toBe("500 5.5.1 Command not recognized\r\n");
    expect(await wire.send("MAIL FROM:<a@b.c>\r\n")).toBe("503 5.5.1 Send EHLO or HELO first\r\n");
    const announced = await wire.send("EHLO x\r\n");
    expect(announced).not.toContain("STARTTLS");
    expect(announced).toContain("250-AUTH PLAIN LOGIN\r\n");
    expect(await wire.send("STARTTLS\r\n")).toBe("503 5.5.1 TLS is active already\r\n");
    expect(backend.stored).toEqual([]);
  });

  it("is neither announced nor taken where the listener has no TLS", async () => {
    const { wire } = await connect({}, { startTls: false });
    expect(await wire.send("EHLO x\r\n")).not.toContain("STARTTLS");
    expect(await wire.send("STARTTLS\r\n")).toBe("502 5.5.1 STARTTLS is not available\r\n");
  });

  it("forgets who logged in before the handshake", async () => {
    const { wire, backend } = await introduce({ authWithoutTls: true });
    await wire.send("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\r\nSTARTTLS\r\n");
    await wire.secure();
    await wire.send("EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nDATA\r\n.\r\n");
    expect(backend.stored[0]?.envelope).toMatchObject({ identity: null, connection: { tls: secureFacts } });
  });
});

describe("the backend", () => {
  it("gets its failures answered with a temporary error and told", async () => {
    const failure = new Error("disk on fire");
    const reject = async () => {
      throw failure;
    };
    const { wire } = await introduce({ backend: { sender: reject } });
    expect(await wire.send("MAIL FROM:<a@b.c>\r\n")).toBe("451 4.3.0 Temporary failure, try again later\r\n");
    expect(wire.notices).toEqual([{ type: "session.backendFailed", operation: "sender", error: failure }]);
    expect(wire.state).toBe("ready");
  });

  it("that throws at once is no different", async () => {
    const { wire } = await introduce({
      backend: {
        recipient: () => {
          throw new Error("no");
        },
      },
    });
    expect(codes(await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nNOOP\r\n"))).toEqual(["250", "451", "250"]);
  });

  it("without methods accepts no recipient and no message", async () => {
    const { wire } = await introduce({ backend: {} });
    expect(await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\n")).toBe(
      "250 2.1.0 Ok\r\n550 5.7.1 No recipient is accepted here\r\n",
    );
    const second = await introduce({ backend: { recipient: async () => undefined } });
    await second.wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\n");
    expect(await second.wire.send("DATA\r\n")).toBe("554 5.3.2 No message is accepted here\r\n");
  });

  it("cannot inject lines into the dialogue", async () => {
    const text = `bad\r\n250 2.0.0 forged\0${"x".repeat(2000)}é`;
    const { wire } = await introduce({ backend: { sender: async () => ({ code: 550, enhanced: "9.9\r\n", text }) } });
    const reply = await wire.send("MAIL FROM:<a@b.c>\r\n");
    expect(reply).toMatch(/^550 5\.0\.0 bad {2}250 2\.0\.0 forged x+\r\n$/);
    expect(reply.length).toBeLessThanOrEqual(512);
  });

  it("that gives a code which is no final reply is taken for failed", async () => {
    const { wire } = await introduce({
      backend: { sender: async () => ({ code: 354, enhanced: "2.0.0", text: "?" }) },
    });
    expect(await wire.send("MAIL FROM:<a@b.c>\r\n")).toMatch(/^451 4\.3\.0/);
    expect(wire.notices).toMatchObject([{ type: "session.backendFailed", error: { code: "backend-reply-invalid" } }]);
  });

  it.each([
    [{ code: 452, enhanced: "4.3.1", text: "No room" }, "452 4.3.1 No room\r\n"],
    [{ code: 550, enhanced: "5.3.1", text: "Never" }, "451 4.3.0 Temporary failure, try again later\r\n"],
    ["no reply", "451 4.3.0 Temporary failure, try again later\r\n"],
  ])(
    "that fails with a message says why to the log, and to the client by its error's reply %j: %j",
    async (reply, said) => {
      const failure = Object.assign(new Error("the disk is full"), { reply });
      const message = () => Promise.reject(failure);
      const { wire } = await startData({ backend: { recipient: async () => undefined, message } });
      expect(await wire.send("Hi\r\n.\r\n")).toBe(said);
      expect(wire.notices).toMatchObject([
        { type: "session.backendFailed", operation: "message", error: failure },
        { type: "session.messageRejected", code: Number(said.slice(0, 3)) },
      ]);
    },
  );

  it("may answer before the message has ended; the rest of it is not executed", async () => {
    const { wire } = await startData({
      backend: {
        recipient: async () => undefined,
        message: async () => ({ code: 550, enhanced: "5.7.1", text: "Not for us" }),
      },
    });
    expect(await wire.send("Hi\r\n")).toBe("");
    expect(await wire.send(`${"x".repeat(60)}\r\n`.repeat(4000))).toBe("");
    expect(await wire.send(".\r\nNOOP\r\n")).toBe("550 5.7.1 Not for us\r\n250 2.0.0 Ok\r\n");
    expect(wire.notices).toMatchObject([{ type: "session.messageRejected", code: 550, text: "5.7.1 Not for us" }]);
  });

  it("may give the body up before it answers; nothing is kept in memory then", async () => {
    let given: Readable | undefined;
    let answer: ((value: undefined) => void) | undefined;
    const { wire } = await startData({
      backend: {
        recipient: async () => undefined,
        message: ({ body }) =>
          new Promise((resolve) => {
            given = body.destroy();
            answer = resolve;
          }),
      },
    });
    await wire.send(`${"x".repeat(62)}\r\n`.repeat(4000));
    expect(given?.readableLength).toBe(0);
    expect(wire.push(".\r\n").next).toBe("wait");
    answer?.(undefined);
    expect(await wire.settle()).toBe("250 2.0.0 Ok: queued\r\n");
  });

  it("that reads slowly holds the client back", async () => {
    let go: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let size = 0;
    const { wire } = await startData({
      backend: {
        recipient: async () => undefined,
        message: async ({ body }) => {
          await gate;
          for await (const piece of body) size += (piece as Buffer).length;
          return undefined;
        },
      },
    });
    const line = Buffer.from(`${"x".repeat(62)}\r\n`.repeat(1024));
    expect(wire.push(line).next).toBe("wait");
    expect(wire.expire("idle")).toBe("");
    go?.();
    await wire.settle();
    expect(await wire.send(Buffer.concat([line, line, Buffer.from(".\r\n")]))).toBe("250 2.0.0 Ok: queued\r\n");
    expect(size).toBe(3 * line.length);
  });
});

describe("limits", () => {
  it("ends after too many errors", async () => {
    const { wire } = await introduce({ errors: 3 });
    expect(await wire.send("A\r\nB\r\nC\r\nNOOP\r\n")).toBe(
      `${"500 5.5.1 Command not recognized\r\n".repeat(3)}421 4.7.0 Too many errors\r\n`,
    );
    expect(wire.verdict).toEqual({ next: "close", cause: "too-many-errors" });
  });

  it("ends where senders are guessed", async () => {
    const sender = async () => ({ code: 550, enhanced: "5.7.1", text: "No" });
    const { wire } = await introduce({ backend: { sender }, commandsWithoutMail: 3 });
    expect(codes(await wire.send("MAIL FROM:<a@b.c>\r\n".repeat(5)))).toEqual(["550", "550", "550", "421"]);
  });

  it("ends after too many commands that bring no mail", async () => {
    const { wire } = await introduce();
    const replies = codes(await wire.send("NOOP\r\n".repeat(101)));
    expect(replies).toHaveLength(100);
    expect(replies.at(-1)).toBe("421");
    expect(wire.verdict).toEqual({ next: "close", cause: "too-many-errors" });
  });

  it("refuses recipients beyond the limit and serves the others", async () => {
    const { wire, backend } = await introduce({ recipients: 3 });
    const recipients = [1, 2, 3, 4].map((n) => `RCPT TO:<u${n}@c.d>\r\n`).join("");
    expect(codes(await wire.send(`MAIL FROM:<a@b.c>\r\n${recipients}DATA\r\n.\r\n`))).toEqual([
      ...["250", "250", "250", "250", "452", "354", "250"],
    ]);
    expect(backend.stored[0]?.envelope.recipients).toHaveLength(3);
  });

  it("takes a thousand recipients", async () => {
    const { wire, backend } = await introduce();
    let commands = "MAIL FROM:<a@b.c>\r\n";
    for (let n = 0; n < 1000; n++) commands += `RCPT TO:<u${n}@c.d>\r\n`;
    await wire.send(`${commands}DATA\r\n.\r\n`);
    expect(backend.stored[0]?.envelope.recipients).toHaveLength(1000);
  });

  it("ends where recipients are guessed", async () => {
    const { wire } = await introduce({ rejectedRecipients: 2 });
    expect(codes(await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<nobody@b>\r\nRCPT TO:<nobody@c>\r\n"))).toEqual([
      "250",
      "550",
      "550",
      "421",
    ]);
    expect(wire.verdict).toEqual({ next: "close", cause: "too-many-errors" });
  });

  it("refuses a message over the size limit after its end, and keeps nothing of it", async () => {
    const { wire, backend } = await startData({ messageSize: 1000 });
    expect(await wire.send(`${"x".repeat(70)}\r\n`.repeat(20))).toBe("");
    expect(await wire.send(".\r\nNOOP\r\n")).toBe("552 5.3.4 Message size exceeds the limit\r\n250 2.0.0 Ok\r\n");
    await new Promise(setImmediate);
    expect(backend.stored).toEqual([]);
    expect(backend.broken).toMatchObject([{ code: "message-refused" }]);
    expect(wire.notices).toMatchObject([{ type: "session.messageRejected", code: 552 }]);
  });

  it("does not read a refused message for ever", async () => {
    const { wire } = await startData({ messageSize: 1000 });
    await wire.send(`${"x".repeat(70)}\r\n`.repeat(40));
    expect(wire.verdict).toEqual({ next: "close", cause: "protocol-error" });
  });

  it.each([
    ["command", "NOOP ", 2048],
    ["text", "", 65_536],
  ])("ends at a %s line that is too long, complete or not", async (kind, start, limit) => {
    const { wire } = await (kind === "text" ? startData() : introduce());
    const line = `${start}${"x".repeat(limit - start.length - 2)}\r\n`;
    await wire.send(line);
    expect(wire.verdict.next).toBe("continue");
    expect(await wire.send(`x${line}`)).toBe("500 5.5.2 Line too long\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "line-too-long" });
    const other = await (kind === "text" ? startData() : introduce());
    await other.wire.send("x".repeat(limit + 1), [10, 20, limit]);
    expect(other.wire.verdict).toEqual({ next: "close", cause: "line-too-long" });
  });

  it("refuses options that make no sense", () => {
    expect(() => smtp({ backend: {}, errors: 0 })).toThrow(
      "The option errors of smtp() must be an integer of at least 1.",
    );
    expect(() => smtp({ backend: {}, banner: "x\r\n" })).toThrow(
      expect.objectContaining({ code: "protocol-option-invalid" }),
    );
  });
});

describe("time", () => {
  it("asks for short patience at first, and for the times of RFC 5321 later", async () => {
    const { wire } = await connect();
    expect([wire.idleTimeout, wire.sessionTimeout]).toEqual([30_000, 600_000]);
    await wire.send("EHLO x\r\n");
    expect(wire.idleTimeout).toBe(300_000);
    await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nDATA\r\n");
    expect(wire.idleTimeout).toBe(180_000);
    await wire.send(".\r\n");
    expect([wire.idleTimeout, wire.sessionTimeouts]).toEqual([300_000, 2]);
  });

  it.each(["idle", "session"] as const)("says so when the %s timeout has passed", async (limit) => {
    const { wire } = await introduce();
    expect(wire.expire(limit)).toBe("421 4.4.2 Timeout exceeded\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: `${limit}-timeout` });
  });

  it("is no matter to an authenticated client that goes on", async () => {
    const { wire } = await introduce({}, { tls: secureFacts });
    await wire.send("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\r\n");
    expect(wire.expire("session")).toBe("");
    expect(wire.verdict.next).toBe("continue");
  });

  it("runs on for a message only while it comes at the minimal rate", async () => {
    const { wire, backend } = await startData({ progressTimeout: 1000, contentRate: 100 });
    expect(wire.expire("session")).toBe("");
    await wire.send(`${"x".repeat(98)}\r\n`);
    expect(wire.expire("session")).toBe("");
    await wire.send(`${"x".repeat(97)}\r\n`);
    expect(wire.expire("session")).toBe("421 4.4.2 Timeout exceeded\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
    wire.close("session-timeout");
    await new Promise(setImmediate);
    expect(backend.stored).toEqual([]);
    expect(backend.broken).toMatchObject([{ code: "message-incomplete" }]);
  });

  it.each(["idle", "session"] as const)("is excused once (%s) while the backend says nothing", async (limit) => {
    const { wire } = await introduce({ backend: { sender: () => new Promise(() => {}) } });
    wire.push("MAIL FROM:<a@b.c>\r\n");
    expect(wire.expire(limit)).toBe("");
    expect(wire.verdict.next).toBe("wait");
    expect(wire.expire(limit)).toBe("421 4.3.0 No answer in time, try again later\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
  });
});

describe("the end", () => {
  it("comes at once for a drained session between transactions", async () => {
    const { wire } = await introduce();
    expect(wire.drain()).toBe("421 4.3.2 mx.example.com Service shutting down\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "drained" });
    expect(wire.state).toBe("closing");
  });

  it("waits for the message under way", async () => {
    const { wire, backend } = await startData();
    expect(wire.drain()).toBe("");
    expect(await wire.send("Hi\r\n.\r\nMAIL FROM:<a@b.c>\r\n")).toBe(
      "250 2.0.0 Ok: queued\r\n421 4.3.2 mx.example.com Service shutting down\r\n",
    );
    expect(wire.verdict).toEqual({ next: "close", cause: "drained" });
    expect(backend.contents).toEqual(["Hi\r\n"]);
  });

  it("waits for the handshake under way", async () => {
    const { wire } = await introduce();
    await wire.send("STARTTLS\r\n");
    expect(wire.drain()).toBe("");
    expect(wire.verdict.next).toBe("wait");
    expect(await wire.secure()).toBe("421 4.3.2 mx.example.com Service shutting down\r\n");
  });

  it("comes after the reply to what was sent before the peer's half-close", async () => {
    const { wire, backend } = await startData();
    wire.push("Hi\r\n.\r\n");
    expect(await wire.end()).toBe("250 2.0.0 Ok: queued\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "peer-ended" });
    expect(backend.contents).toEqual(["Hi\r\n"]);
  });

  it.each(["", "Hi\r\n", "Hi\r\n.", "Hi\r\n.\r"])("delivers nothing when the peer ends after %j", async (content) => {
    const { wire, backend } = await startData();
    await wire.send(content);
    await wire.end();
    expect(wire.verdict).toEqual({ next: "close", cause: "peer-ended" });
    wire.close("peer-ended");
    await new Promise(setImmediate);
    expect(backend.stored).toEqual([]);
    expect(backend.broken).toMatchObject([{ code: "message-incomplete" }]);
    expect(wire.state).toBe("closed");
  });

  it("by reset leaves nothing delivered, and later answers of the backend unsaid", async () => {
    let answer: ((value: undefined) => void) | undefined;
    const { wire } = await introduce({
      backend: {
        sender: () =>
          new Promise((resolve) => {
            answer = resolve;
          }),
      },
    });
    wire.push("MAIL FROM:<a@b.c>\r\n");
    wire.close("peer-reset");
    answer?.(undefined);
    await new Promise(setImmediate);
    expect(wire.take()).not.toContain("2.1.0");
    expect(wire.state).toBe("closed");
  });

  it("and every state before it can be watched", async () => {
    const states: unknown[] = [];
    const inspect: Inspector = (event) => {
      if (event.type === "@xstate.snapshot") states.push((event.snapshot as { value?: unknown }).value);
    };
    const { wire } = await introduce({ inspect });
    await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nDATA\r\n.\r\nQUIT\r\n");
    wire.close("quit");
    expect(states).toEqual([
      ...["greeting", "start", "ready", "verifying", "mail", "verifying", "rcpt", "data", "delivering", "ready"],
      ...["closing", "closed"],
    ]);
  });

  it("gives busy clients the protocol's own words", () => {
    const refusal = { rule: "server-cap", limit: 1, current: 1 };
    expect(smtp({ backend: {} }).busy(refusal, "mx.example.com")).toBe(
      "421 4.3.2 mx.example.com Too many connections, try again later\r\n",
    );
  });
});
