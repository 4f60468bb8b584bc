import { array, assert, asyncProperty, constantFrom, nat, oneof, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { MailboxError, type Mailboxes, type MessageContent } from "../../../src/protocols/mailbox.ts";
import { pop3 } from "../../../src/protocols/pop3/index.ts";
import {
  CONTINUE,
  close,
  GOODBYE,
  type Session,
  type Verdict,
  WAIT,
  type Wire,
} from "../../../src/protocols/protocol.ts";
import { ProtocolOptionError } from "../../../src/protocols/session/options.ts";
import { plainSession } from "../../plain-session.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { MemoryWire, secureFacts } from "../memory-wire.ts";
import { alice, another, connect, logIn, login, oneUser } from "./fixture.ts";

const first = "Subject: one\r\n\r\n.first\r\nend\r\n";
const second = "Subject: two\r\n\r\nsecond\r\n";
const mail = [first, second];

/** The first word of each reply. */
function kinds(output: string): string[] {
  return [...output.matchAll(/^(\+OK|-ERR|\+ )/gm)].map(([kind]) => kind.trim());
}

describe("the dialogue of RFC 1939 section 10", () => {
  it("is carried out", async () => {
    const fixture = await connect({ mail });
    const { wire } = fixture;
    expect(wire.output).toBe("+OK mx.example.com POP3 Gatehouse\r\n");
    expect(await wire.send("USER alice\r\n")).toBe("+OK Send PASS\r\n");
    expect(await wire.send("PASS wonder land \r\n")).toBe("+OK 2 messages\r\n");
    expect(await wire.send("STAT\r\n")).toBe("+OK 2 53\r\n");
    expect(await wire.send("LIST\r\n")).toBe("+OK Listing follows\r\n1 29\r\n2 24\r\n.\r\n");
    expect(await wire.send("RETR 1\r\n")).toBe(`+OK 29 octets\r\n${first.replace(".first", "..first")}.\r\n`);
    expect(await wire.send("DELE 1\r\n")).toBe("+OK Message 1 is marked as deleted\r\n");
    expect(await wire.send("RETR 2\r\n")).toBe(`+OK 24 octets\r\n${second}.\r\n`);
    expect(await wire.send("LIST\r\n")).toBe("+OK Listing follows\r\n2 24\r\n.\r\n");
    expect(await wire.send("QUIT\r\n")).toBe("+OK Bye\r\n");
    expect(wire.verdict).toEqual(GOODBYE);
    wire.close("quit");
    expect(await (await another(fixture)).send(`${login}STAT\r\n`)).toMatch(/\+OK 1 24\r\n$/);
  });

  it("comes in one piece or octet by octet, to the same end", async () => {
    const commands = `${login}STAT\r\nUIDL\r\nLIST 2\r\nTOP 1 1\r\nRETR 2\r\nDELE 2\r\nNOOP\r\nRSET\r\nQUIT\r\n`;
    const whole = await connect({ mail });
    const said = await whole.wire.send(commands);
    const cut = await connect({ mail });
    expect(
      await cut.wire.send(
        commands,
        Array.from({ length: commands.length }, (_, place) => place),
      ),
    ).toBe(said);
    expect(kinds(said)).toEqual(Array(11).fill("+OK"));
  });
});

describe("CAPA", () => {
  const always = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG"];

  it.each([
    ["in clear: STLS and no log-in", { wire: {} }, ["STLS"]],
    ["in clear where configured", { wire: {}, authWithoutTls: true }, ["USER", "SASL PLAIN LOGIN", "STLS"]],
    ["under TLS", {}, ["USER", "SASL PLAIN LOGIN"]],
    ["with nobody to ask", { backend: {} }, []],
  ])("tells what there is, %s", async (_when, options, tags) => {
    const { wire } = await connect(options);
    expect(await wire.send("CAPA\r\n")).toBe(
      `+OK Capability list follows\r\n${[...always, ...tags, "IMPLEMENTATION Gatehouse"].join("\r\n")}\r\n.\r\n`,
    );
  });

  it("has no STLS after the log-in, when it would be refused", async () => {
    const { wire } = await logIn({ wire: {}, authWithoutTls: true });
    expect(await wire.send("CAPA\r\n")).not.toContain("STLS");
    expect(await wire.send("STLS\r\n")).toBe("-ERR Logged in already\r\n");
  });
});

describe("STLS", () => {
  it("forgets the name, and drops what was sent behind it in clear", async () => {
    const { wire } = await connect({ wire: {}, authWithoutTls: true });
    expect(await wire.send("USER alice\r\nSTLS\r\nPASS wonder land \r\nQU")).toMatch(/\+OK Begin TLS negotiation\r\n$/);
    expect(wire.verdict.next).toBe("upgrade");
    expect(await wire.secure()).toBe("");
    expect(await wire.send("IT\r\n")).toBe("-ERR Command not recognized\r\n");
    expect(await wire.send("PASS wonder land \r\n")).toBe("-ERR USER is needed first\r\n");
    expect(await wire.send("STLS\r\n")).toBe("-ERR TLS is active already\r\n");
    expect(await wire.send(login)).toMatch(/\+OK 0 messages\r\n$/);
  });

  it("is not there where the listener has no TLS", async () => {
    const { wire } = await connect({ wire: { startTls: false } });
    expect(await wire.send("STLS\r\n")).toBe("-ERR STLS is not available\r\n");
  });

  it("has to come before a password", async () => {
    const { wire } = await connect({ wire: {} });
    const said = await wire.send("USER alice\r\nPASS x\r\nAUTH PLAIN\r\n");
    expect(said).toBe("-ERR Log-in needs TLS: use STLS first\r\n".repeat(3));
    expect(wire.notices).toEqual([]);
  });
});

describe("a log-in", () => {
  const response = Buffer.from("\0alice\0wonder land ").toString("base64");

  it.each([
    ["USER and PASS", ["user alice", "pass wonder land "], ["+OK", "+OK"]],
    ["PLAIN with its initial response", [`AUTH PLAIN ${response}`], ["+OK"]],
    ["PLAIN with a challenge", ["AUTH plain", response], ["+", "+OK"]],
    ["LOGIN", ["AUTH LOGIN", "YWxpY2U=", Buffer.from("wonder land ").toString("base64")], ["+", "+", "+OK"]],
  ])("succeeds by %s", async (_how, lines, replies) => {
    const { wire } = await connect();
    const said: string[] = [];
    for (const line of lines) said.push(...kinds(await wire.send(`${line}\r\n`)));
    expect([said, wire.state]).toEqual([replies, "transaction"]);
    expect(wire.notices).toMatchObject([{ type: "session.authenticated", username: alice }]);
    expect(wire.sessionTimeout).toBeNull();
  });

  it.each([
    ["USER", "-ERR Syntax: USER name"],
    ["PASS x", "-ERR USER is needed first"],
    ["USER alice\r\nPASS", "-ERR Syntax: PASS password"],
    ["AUTH", "-ERR Syntax: AUTH mechanism [initial-response]"],
    ["AUTH GSSAPI", "-ERR Authentication mechanism not supported"],
    ["AUTH PLAIN !", "-ERR Cannot decode the response"],
    ["AUTH PLAIN\r\n*", "-ERR Authentication cancelled"],
    ["STAT", "-ERR Log in first"],
    ["QUIT now", "-ERR The command takes no arguments"],
  ])("is not there for %j", async (lines, reply) => {
    const { wire } = await connect();
    const said = await wire.send(`${lines}\r\n`);
    expect(said.split("\r\n").at(-2)).toBe(reply);
    expect(wire.notices).toEqual([]);
  });

  it("that fails is told with [AUTH], later each time, and the third ends the session", async () => {
    const { wire } = await connect();
    expect(await wire.send("USER alice\r\nPASS wrong\r\n")).toMatch(/-ERR \[AUTH\] Name or password is wrong\r\n$/);
    expect(await wire.send("PASS again\r\n")).toBe("-ERR USER is needed first\r\n");
    const said = await wire.send(`USER alice\r\nPASS wrong\r\nUSER alice\r\nPASS wrong\r\n${login}`);
    expect(said.split("\r\n").slice(-2)).toEqual(["-ERR [AUTH] Too many failed log-ins", ""]);
    expect([wire.waits, wire.verdict]).toEqual([[1000, 2000, 4000], close("authentication-failed")]);
  });

  it("has to come in time, whatever the client sends", async () => {
    const { wire } = await connect();
    expect(wire.sessionTimeout).toBe(180_000);
    expect(wire.expire("session")).toBe("-ERR [SYS/TEMP] The log-in took too long\r\n");
    expect(wire.verdict).toEqual(close("session-timeout"));
  });

  it("waits for no mailbox that fails: the client may try again", async () => {
    const failing: Mailboxes = { open: () => Promise.reject(new Error("disk")) };
    const { wire } = await logIn({ mailboxes: failing });
    expect(wire.output).toMatch(/-ERR \[SYS\/TEMP\] Log-in failed for now, try again later\r\n$/);
    expect(wire.notices.at(-1)).toMatchObject({ type: "session.backendFailed", operation: "maildrop.lock" });
    expect(wire.state).toBe("authorization");
  });
});

describe("the lock of the maildrop", () => {
  it("is one session's at a time, and comes back at its end", async () => {
    const fixture = await logIn({ mail });
    const other = await another(fixture);
    expect(await other.send(login)).toMatch(/-ERR \[IN-USE\] Another session has this mailbox open\r\n$/);
    expect([other.notices.map(({ type }) => type), other.state]).toEqual([["session.authenticated"], "authorization"]);
    fixture.wire.close("peer-reset");
    expect(await other.send(login)).toMatch(/\+OK 2 messages\r\n$/);
  });

  it("comes back when the client has gone before it was given", async () => {
    const mailboxes = new MemoryMailboxes();
    const opened = Promise.withResolvers<void>();
    const slow: Mailboxes = { open: (identity) => opened.promise.then(() => mailboxes.open(identity)) };
    const wire = new MemoryWire(pop3({ backend: oneUser, mailboxes: slow }), { tls: secureFacts });
    await wire.greet();
    wire.push(login);
    await expect.poll(() => wire.notices.length).toBe(1);
    await new Promise<void>((resolve) => setImmediate(resolve));
    wire.push("");
    wire.close("peer-reset");
    opened.resolve();
    const other = await another({ wire, mailboxes });
    await expect.poll(async () => await other.send(login)).toMatch(/\+OK 0 messages\r\n$/);
  });
});

describe("in the transaction state", () => {
  it.each([
    ["LIST 2", "+OK 2 24"],
    ["LIST 3", "-ERR No such message"],
    ["LIST 0", "-ERR No such message"],
    ["LIST x", "-ERR The command needs a message number"],
    ["UIDL 9", "-ERR No such message"],
    ["RETR", "-ERR The command needs a message number"],
    ["RETR 99999999999999999999", "-ERR The command needs a message number"],
    ["TOP 1", "-ERR Syntax: TOP message-number lines"],
    ["TOP 1 -1", "-ERR Syntax: TOP message-number lines"],
    ["TOP 3 1", "-ERR No such message"],
    ["NOOP", "+OK"],
    ["NOOP x", "-ERR The command takes no arguments"],
    ["LANG en", "+OK en Language chosen"],
    ["LANG *", "+OK en Language chosen"],
    ["LANG tlh", "-ERR Language not supported"],
    ["UTF8", "-ERR Logged in already"],
    ["USER alice", "-ERR Logged in already"],
    ["XYZZY", "-ERR Command not recognized"],
  ])("%j is answered with %j", async (line, reply) => {
    const { wire } = await logIn({ mail });
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
  });

  it("TOP gives the header and so many lines", async () => {
    const { wire } = await logIn({ mail });
    expect(await wire.send("TOP 1 0\r\n")).toBe("+OK 29 octets\r\nSubject: one\r\n\r\n.\r\n");
    expect(await wire.send("TOP 1 1\r\n")).toBe("+OK 29 octets\r\nSubject: one\r\n\r\n..first\r\n.\r\n");
    expect(await wire.send("TOP 1 100\r\n")).toMatch(/\r\nend\r\n\.\r\n$/);
  });

  it("UIDL gives the same names in every session, and others to other messages", async () => {
    const fixture = await logIn({ mail });
    const said = await fixture.wire.send("UIDL\r\n");
    expect(said).toMatch(/^\+OK Listing follows\r\n1 [\x21-\x7e]{1,70}\r\n2 [\x21-\x7e]{1,70}\r\n\.\r\n$/);
    expect(await fixture.wire.send("UIDL 2\r\n")).toBe(`+OK ${said.split("\r\n")[2]}\r\n`);
    await fixture.wire.send("DELE 1\r\nQUIT\r\n");
    fixture.wire.close("quit");
    const again = await another(fixture);
    await again.send(login);
    expect(await again.send("UIDL 1\r\n")).toBe(`+OK 1${said.split("\r\n")[2]?.slice(1)}\r\n`);
  });

  it("a deleted message is not there, until RSET", async () => {
    const { wire } = await logIn({ mail });
    await wire.send("DELE 1\r\n");
    for (const command of ["RETR 1", "DELE 1", "LIST 1", "UIDL 1", "TOP 1 1"]) {
      expect(await wire.send(`${command}\r\n`)).toBe("-ERR The message is marked as deleted\r\n");
    }
    expect(await wire.send("STAT\r\n")).toBe("+OK 1 24\r\n");
    expect(await wire.send("RSET\r\nSTAT\r\n")).toMatch(/\+OK 2 53\r\n$/);
  });

  it("what is delivered meanwhile is not there", async () => {
    const { wire, mailboxes } = await logIn({ mail });
    mailboxes.deliver(alice, "Subject: late\r\n\r\n");
    expect(await wire.send("STAT\r\n")).toBe("+OK 2 53\r\n");
  });

  it.each([
    ["without a word", () => {}],
    ["by its own end of the stream", (wire: MemoryWire) => wire.end()],
    ["by silence, which is answered with silence", (wire: MemoryWire) => expect(wire.expire("idle")).toBe("")],
    ["by a drain", (wire: MemoryWire) => wire.drain()],
  ])("nothing is removed when a session ends %s", async (_how, end) => {
    const fixture = await logIn({ mail });
    await fixture.wire.send("DELE 1\r\nDELE 2\r\n");
    await end(fixture.wire);
    fixture.wire.close("peer-reset");
    const other = await another(fixture);
    expect(await other.send(`${login}STAT\r\n`)).toMatch(/\+OK 2 53\r\n$/);
  });

  it("says so when messages could not be removed", async () => {
    const memory = new MemoryMailboxes();
    memory.deliver(alice, first);
    const { wire } = await logIn({
      mailboxes: {
        async open(identity) {
          const account = await memory.open(identity);
          const lock = account.lockMaildrop.bind(account);
          const lockMaildrop = async () => {
            const maildrop = await lock();
            const remove = () => Promise.reject(new MailboxError("storage-full", "full"));
            return Object.assign(maildrop, { remove });
          };
          return Object.assign(account, { lockMaildrop });
        },
      },
    });
    expect(await wire.send("DELE 1\r\nQUIT\r\n")).toMatch(
      /-ERR \[SYS\/TEMP\] Some deleted messages were not removed\r\n$/,
    );
    expect(wire.verdict).toEqual(GOODBYE);
    expect(wire.notices.at(-1)).toMatchObject({ type: "session.backendFailed", operation: "maildrop.remove" });
  });

  it("a message that another session has expunged is gone", async () => {
    const { wire, mailboxes } = await logIn({ mail });
    const account = await mailboxes.open({ username: alice });
    const inbox = await account.select("INBOX", { readOnly: false });
    await inbox.move(
      inbox.messages.slice(0, 1).map(({ uid }) => uid),
      "Trash",
    );
    expect(await wire.send("RETR 1\r\n")).toBe("-ERR The message was removed meanwhile\r\n");
    expect(await wire.send("RETR 2\r\nDELE 1\r\nQUIT\r\n")).toMatch(/\+OK Bye\r\n$/);
    expect(wire.notices.map(({ type }) => type)).toEqual(["session.authenticated"]);
  });
});

describe("a client that reads slowly", () => {
  /** One message of so many octets, and what was read of it at once. */
  function hugeMessage(size: number, onRead: () => void = () => {}) {
    const reads: number[] = [];
    let closed = 0;
    const content: MessageContent = {
      size,
      async read(start, end) {
        reads.push(end - start);
        onRead();
        return Buffer.alloc(end - start, "x");
      },
      close: () => closed++,
    };
    const memory = new MemoryMailboxes();
    memory.deliver(alice, first);
    const mailboxes: Mailboxes = {
      async open(identity) {
        const account = await memory.open(identity);
        const lock = account.lockMaildrop.bind(account);
        const lockMaildrop = async () => Object.assign(await lock(), { content: async () => content });
        return Object.assign(account, { lockMaildrop });
      },
    };
    return { mailboxes, reads, closes: () => closed };
  }

  it("gets a message slice by slice: no further one is read before the last has left", async () => {
    const { mailboxes, reads, closes } = hugeMessage(300_000);
    const { wire } = await logIn({ mailboxes });
    wire.reading = false;
    wire.push("RETR 1\r\n");
    await expect.poll(() => reads.length).toBe(0);
    for (let slices = 0; slices < 5; slices++) {
      await wire.settle();
      expect(reads.length).toBeLessThanOrEqual(slices + 1);
      wire.reading = false;
      const reading = wire.read();
      wire.reading = false;
      await reading;
    }
    await wire.read();
    expect(reads).toEqual([65_536, 65_536, 65_536, 65_536, 37_856]);
    expect(wire.output.endsWith("x\r\n.\r\n")).toBe(true);
    expect([closes(), wire.state]).toEqual([1, "transaction"]);
  });

  it("gets a listing piece by piece", async () => {
    const { wire } = await logIn({ mail: Array(2000).fill(second) });
    wire.reading = false;
    wire.push("LIST\r\nNOOP\r\n");
    expect(wire.output.length).toBeLessThan(10_000);
    expect([wire.verdict, wire.state]).toEqual([WAIT, "listing"]);
    await wire.read();
    expect(wire.output).toMatch(/\r\n2000 24\r\n\.\r\n\+OK\r\n$/);
  });

  it("ends without a last word when the mailbox fails in the middle of a message", async () => {
    const { mailboxes } = hugeMessage(100_000);
    const failing: Mailboxes = {
      async open(identity) {
        const account = await mailboxes.open(identity);
        const maildrop = await account.lockMaildrop();
        const whole = await maildrop.content(1);
        const read: MessageContent["read"] = (start, end) =>
          start === 0 ? whole.read(start, end) : Promise.reject(new Error("disk"));
        const lockMaildrop = async () => Object.assign(maildrop, { content: async () => ({ ...whole, read }) });
        return Object.assign(account, { lockMaildrop });
      },
    };
    const { wire } = await logIn({ mailboxes: failing });
    const said = await wire.send("RETR 1\r\n");
    expect(said).not.toContain("\r\n.\r\n");
    expect(wire.verdict).toEqual(close("session-failed"));
    expect(wire.notices.at(-1)).toMatchObject({ type: "session.backendFailed", operation: "maildrop.content" });
  });

  it("that has gone leaves no open message behind", async () => {
    const { mailboxes, closes } = hugeMessage(300_000, () => {
      wire.reading = false;
    });
    const { wire } = await logIn({ mailboxes });
    await wire.send("RETR 1\r\n");
    expect([wire.state, closes()]).toEqual(["retrieving", 0]);
    wire.close("write-timeout");
    expect(closes()).toBe(1);
  });
});

describe("a drain", () => {
  it("lets a message be finished first", async () => {
    const { wire } = await logIn({ mail });
    wire.push("RETR 1\r\nNOOP\r\n");
    expect(wire.drain()).toBe("");
    expect(await wire.settle()).toMatch(/end\r\n\.\r\n-ERR \[SYS\/TEMP\] mx\.example\.com Server shutting down\r\n$/);
    expect(wire.verdict).toEqual(close("drained"));
  });
});

describe("time", () => {
  it("is the mailbox's once, when it is the mailbox that is slow", async () => {
    const never: Mailboxes = { open: () => new Promise(() => {}) };
    const { wire } = await connect({ mailboxes: never });
    wire.push(login);
    await expect.poll(() => wire.state).toBe("verifying");
    await expect.poll(() => wire.notices.length).toBe(1);
    wire.expire("idle");
    expect(wire.verdict).toBe(WAIT);
    wire.expire("idle");
    expect(wire.verdict).toEqual(close("session-timeout"));
  });
});

describe("an embedder's session after the log-in", () => {
  const heard: string[] = [];
  const mine = (wire: Wire, greet: () => Verdict = () => CONTINUE): Session =>
    plainSession({
      state: "mine",
      greet: () => {
        heard.push("greet");
        wire.write("mine\r\n");
        return greet();
      },
      receive: (chunk) => {
        heard.push(Buffer.from(chunk).toString());
        return CONTINUE;
      },
      closed: (cause) => heard.push(`closed ${cause}`),
    });

  it("has every turn, and what was sent behind the log-in", async () => {
    heard.length = 0;
    const { wire } = await connect({ takeOver: (_identity, taken) => mine(taken) });
    expect(wire.state).toBe("authorization");
    expect(await wire.send(`${login}hello\r\nwor`)).toBe("+OK Send PASS\r\n+OK\r\nmine\r\n");
    await wire.send("ld");
    expect([heard, wire.state]).toEqual([["greet", "hello\r\nwor", "ld"], "mine"]);
    expect([wire.idleTimeout, wire.sessionTimeout]).toEqual([null, null]);
    expect(await wire.end()).toBe("");
    expect(wire.verdict).toEqual(close("peer-ended"));
    wire.close("peer-ended");
    expect(heard.at(-1)).toBe("closed peer-ended");
  });

  it("gets what was sent behind the log-in when it wants it", async () => {
    heard.length = 0;
    const { wire } = await connect({ takeOver: (_identity, taken) => mine(taken, () => WAIT) });
    wire.push(`${login}hello`);
    await expect.poll(() => wire.notices.length).toBe(1);
    const settled = wire.settle();
    await expect.poll(() => heard).toEqual(["greet"]);
    wire.wake();
    await settled;
    expect(heard).toEqual(["greet", "hello"]);
  });

  it("is told of a drain that came during the log-in", async () => {
    heard.length = 0;
    const { wire } = await connect({ takeOver: (_identity, taken) => mine(taken) });
    wire.push(login);
    wire.drain();
    await wire.settle();
    expect(wire.verdict).toEqual(close("drained"));
  });

  it("leaves those to POP3 for whom there is none", async () => {
    const { wire } = await logIn({ takeOver: () => null, mail });
    expect([wire.state, await wire.send("STAT\r\n")]).toEqual(["transaction", "+OK 2 53\r\n"]);
  });
});

describe("limits", () => {
  it("ends after so many errors, which a log-in makes good", async () => {
    const { wire } = await connect({ errors: 3 });
    await wire.send("A\r\nB\r\n");
    await wire.send(login);
    expect(kinds(await wire.send("C\r\nD\r\nE\r\nNOOP\r\n"))).toEqual(["-ERR", "-ERR", "-ERR", "-ERR"]);
    expect(wire.verdict).toEqual(close("too-many-errors"));
  });

  it("are positive integers", () => {
    const options = { backend: {}, mailboxes: new MemoryMailboxes() };
    expect(() => pop3({ ...options, idleTimeout: 0 })).toThrow(ProtocolOptionError);
    expect(() => pop3({ ...options, banner: "a\r\nb" })).toThrow("The option banner of pop3() must be");
  });

  it("tells who comes too many why, in the protocol's words", () => {
    const { busy } = pop3({ backend: {}, mailboxes: new MemoryMailboxes() });
    expect(busy({ rule: "server-cap", limit: 1, current: 1 }, "h")).toMatch(/^-ERR \[SYS\/TEMP\] h .*\r\n$/);
    expect(busy({ rule: "blocked", limit: 0, current: 0 }, "h")).toMatch(/^-ERR \[SYS\/PERM\] h .*\r\n$/);
  });
});

describe("any dialogue", () => {
  const command = oneof(
    constantFrom("STAT", "LIST", "UIDL", "NOOP", "RSET", "CAPA", "LANG", "UTF8", "XYZZY", "STLS", "AUTH PLAIN"),
    tuple(constantFrom("RETR", "DELE", "LIST", "UIDL"), constantFrom("1", "2", "3", "0", "x")).map((words) =>
      words.join(" "),
    ),
    tuple(constantFrom("1", "2", "3"), constantFrom("0", "1", "9")).map((words) => `TOP ${words.join(" ")}`),
  );

  it("is the same however it is cut, has a reply for each command, and counts right", async () => {
    await assert(
      asyncProperty(array(command, { maxLength: 12 }), array(nat(200), { maxLength: 6 }), async (commands, cuts) => {
        const sent = `${[...commands, "RSET", "STAT", "QUIT"].join("\r\n")}\r\n`;
        const options = { mail, errors: 100 };
        const whole = await logIn(options);
        const said = await whole.wire.send(sent);
        const cut = await logIn(options);
        expect(await cut.wire.send(sent, cuts)).toBe(said);
        expect(kinds(said)).toHaveLength(commands.length + 3);
        expect(said).toMatch(/\+OK 2 53\r\n\+OK Bye\r\n$/);
      }),
      { numRuns: 60 },
    );
  });
});
