import { describe, expect, it } from "vitest";
import type { Backend, DeliveryAnswer } from "../../../src/protocols/backend.ts";
import { type LmtpOptions, lmtp } from "../../../src/protocols/lmtp/index.ts";
import { smtp } from "../../../src/protocols/smtp/index.ts";
import { MemoryWire, secureFacts } from "../memory-wire.ts";
import { codes, KeepingBackend } from "../smtp/fixture.ts";

const full = { code: 452, enhanced: "4.2.2", text: "Mailbox full" };
const gone = { code: 550, enhanced: "5.2.1", text: "Mailbox disabled" };

async function connect(options: Partial<LmtpOptions> = {}, tls = false) {
  const backend = new KeepingBackend();
  const wire = new MemoryWire(lmtp({ backend, ...options }), tls ? { tls: secureFacts } : {});
  await wire.greet();
  return { wire, backend };
}

/** Takes every recipient, and answers to the message as it is told. */
function answering(answer: DeliveryAnswer | Error): Backend {
  return {
    recipient: async () => undefined,
    message: async ({ body }) => {
      body.resume();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

const envelope = "LHLO client\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nRCPT TO:<c@example.com>\r\n";
const message = "DATA\r\nSubject: x\r\n\r\ny\r\n.\r\n";

describe("LMTP", () => {
  it("greets as what it is, and announces what RFC 2033 section 5 asks for", async () => {
    const { wire } = await connect();
    expect(wire.output).toBe("220 mx.example.com LMTP Gatehouse\r\n");
    expect((await wire.send("LHLO client\r\n")).split("\r\n")).toEqual([
      "250-mx.example.com Hello [198.51.100.7]",
      "250-PIPELINING",
      "250-SIZE 52428800",
      "250-8BITMIME",
      "250-SMTPUTF8",
      "250-ENHANCEDSTATUSCODES",
      "250-CHUNKING",
      "250-DSN",
      "250-STARTTLS",
      "250 HELP",
      "",
    ]);
  });

  it.each(["HELO client", "EHLO client"])("does not know %s", async (line) => {
    const { wire } = await connect();
    expect(await wire.send(`${line}\r\n`)).toBe("500 5.5.1 Command not recognized\r\n");
    expect(await wire.send("MAIL FROM:<a@b.c>\r\n")).toBe("503 5.5.1 Send LHLO first\r\n");
  });

  it("is not spoken by SMTP", async () => {
    const wire = new MemoryWire(smtp({ backend: new KeepingBackend() }));
    await wire.greet();
    expect(await wire.send("LHLO client\r\n")).toBe("500 5.5.1 Command not recognized\r\n");
  });

  it("refuses DATA with 503 when no recipient was accepted", async () => {
    const { wire } = await connect();
    const said = await wire.send("LHLO client\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<nobody@b.c>\r\nDATA\r\n");
    expect(codes(said)).toEqual(["250", "250", "550", "503"]);
  });

  it("tells the backend that it was LMTP", async () => {
    const { wire, backend } = await connect();
    await wire.send(`${envelope}${message}`);
    expect(backend.stored[0]?.envelope).toMatchObject({ protocol: "LMTP", helo: "client", recipients: [{}, {}] });
  });

  it("offers AUTH only where it was asked to", async () => {
    const plain = await connect({}, true);
    expect(await plain.wire.send("LHLO client\r\n")).not.toContain("AUTH");
    expect(await plain.wire.send("AUTH PLAIN\r\n")).toBe("502 5.5.1 AUTH is not available\r\n");
    const { wire } = await connect({ offerAuth: true }, true);
    expect(await wire.send("LHLO client\r\n")).toContain("250-AUTH PLAIN LOGIN\r\n");
  });
});

describe("after the final dot, each accepted recipient", () => {
  it("gets a reply, in their order, and refused ones get none", async () => {
    const { wire } = await connect({ backend: { ...new KeepingBackend(), ...answering([undefined, full]) } });
    const said = await wire.send(`${envelope}${message}NOOP\r\n`);
    expect(said.split("\r\n").slice(-5)).toEqual([
      "354 End data with <CR><LF>.<CR><LF>",
      "250 2.0.0 Ok: queued",
      "452 4.2.2 Mailbox full",
      "250 2.0.0 Ok",
      "",
    ]);
    expect(wire.notices.slice(1)).toEqual([
      { type: "session.messageAccepted", size: 17, recipients: 1 },
      { type: "session.messageRejected", size: 17, code: 452, text: "4.2.2 Mailbox full" },
    ]);
  });

  it("that was given twice gets two replies", async () => {
    const { wire } = await connect();
    await wire.send("LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<b@c.d>\r\nRCPT TO:<nobody@c.d>\r\nRCPT TO:<b@c.d>\r\n");
    expect(codes(await wire.send(message))).toEqual(["354", "250", "250"]);
  });

  it.each<[string, DeliveryAnswer | Error, string]>([
    ["one answer for all", undefined, "250 2.0.0 Ok: queued"],
    ["one refusal for all", gone, "550 5.2.1 Mailbox disabled"],
    ["a backend that failed", new Error("disk"), "451 4.3.0 Temporary failure, try again later"],
    ["a list that is too short", [undefined], "451 4.3.0 Temporary failure, try again later"],
    ["a code that ends nothing", [undefined, { ...full, code: 354 }], "451 4.3.0 Temporary failure, try again later"],
  ])("hears %s", async (_what, answer, reply) => {
    const { wire } = await connect({ backend: answering(answer) });
    const said = await wire.send(`${envelope}${message}`);
    expect(said.split("\r\n").slice(-3)).toEqual([reply, reply, ""]);
  });

  it("hears what is wrong with the message itself", async () => {
    const { wire, backend } = await connect({ messageSize: 1000 });
    expect(codes(await wire.send(`${envelope}DATA\r\na\nb\r\n.\r\n`)).slice(-2)).toEqual(["550", "550"]);
    const long = `DATA\r\n${"x".repeat(500)}\r\n${"y".repeat(600)}\r\n.\r\n`;
    expect(codes(await wire.send(`${envelope}${long}`)).slice(-2)).toEqual(["552", "552"]);
    expect(backend.stored).toEqual([]);
    expect(wire.state).toBe("ready");
  });

  it("gets a reply after BDAT LAST, and a chunk before it gets one for all", async () => {
    const { wire } = await connect({ backend: answering([full, undefined]) });
    expect(codes(await wire.send(`${envelope}BDAT 2\r\n\r\nBDAT 2 LAST\r\n\r\n`)).slice(-3)).toEqual([
      "250",
      "452",
      "250",
    ]);
  });

  it("is waiting no more when a chunk that is not the last one fails for all", async () => {
    const { wire } = await connect();
    expect(await wire.send(`${envelope}BDAT 2\r\nx\nBDAT 2 LAST\r\n\r\nNOOP\r\n`)).toMatch(
      /550 5\.6\.11 .*\r\n503 5\.5\.1 .*\r\n250 2\.0\.0 Ok\r\n$/,
    );
  });
});

describe("SMTP has one reply for all recipients", () => {
  it.each<[string, DeliveryAnswer, string]>([
    ["all accept", [undefined, undefined], "250 2.0.0 Ok: queued"],
    ["one of them is refused, so that the client keeps the message", [undefined, full], "452 4.2.2 Mailbox full"],
    ["all are refused, the first one's", [gone, full], "550 5.2.1 Mailbox disabled"],
  ])("when %s", async (_what, answer, reply) => {
    const wire = new MemoryWire(smtp({ backend: answering(answer) }));
    await wire.greet();
    const said = await wire.send(`${envelope.replace("LHLO", "EHLO")}${message}`);
    expect(said.split("\r\n").slice(-3)).toEqual(["354 End data with <CR><LF>.<CR><LF>", reply, ""]);
  });
});
