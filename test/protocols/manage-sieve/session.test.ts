import { describe, expect, it } from "vitest";
import { manageSieve } from "../../../src/protocols/manage-sieve/index.ts";
import { CONTINUE, close, type Session, type Wire } from "../../../src/protocols/protocol.ts";
import { ProtocolOptionError } from "../../../src/protocols/session/options.ts";
import { sieveExtensions } from "../../../src/protocols/sieve/index.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { secureFacts } from "../memory-wire.ts";
import { backend, connect, credentials, literal, logIn } from "./fixture.ts";

const mailboxes = new MemoryMailboxes();
const valid = "keep;\r\n";

describe("the greeting", () => {
  it("tells the capabilities, in clear without mechanisms", async () => {
    const { wire } = await connect();
    expect(wire.output).toBe(
      '"IMPLEMENTATION" "Gatehouse"\r\n' +
        '"VERSION" "1.0"\r\n' +
        '"SASL" ""\r\n' +
        `"SIEVE" "${sieveExtensions.join(" ")}"\r\n` +
        '"NOTIFY" "mailto"\r\n' +
        '"LANGUAGE" "en"\r\n' +
        '"UNAUTHENTICATE"\r\n' +
        '"STARTTLS"\r\n' +
        'OK "Gatehouse is ready"\r\n',
    );
  });

  it("tells the mechanisms where passwords may travel", async () => {
    const { wire } = await connect({}, { tls: secureFacts });
    expect(wire.output).toContain('"SASL" "PLAIN"\r\n');
    expect(wire.output).not.toContain("STARTTLS");
    const allowed = await connect({ authWithoutTls: true, banner: "Other 1" }, { startTls: false });
    expect(allowed.wire.output).toContain('"SASL" "PLAIN"\r\n');
    expect(allowed.wire.output).not.toContain("STARTTLS");
    expect(allowed.wire.output).toContain('"IMPLEMENTATION" "Other 1"\r\n');
  });
});

describe("a dialogue", () => {
  it("goes through all commands", async () => {
    const { wire } = await logIn();
    wire.take();
    const say = async (line: string) => wire.send(`${line}\r\n`);
    expect(await say("CAPABILITY")).toContain('"OWNER" "alice@example.com"\r\nOK "These are the capabilities"\r\n');
    expect(await say("LISTSCRIPTS")).toBe('OK "These are all scripts"\r\n');
    expect(await say('HAVESPACE "one" 7')).toBe('OK "There is room for the script"\r\n');
    expect(await say(`PUTSCRIPT "one" ${literal(valid)}`)).toBe('OK "The script is stored"\r\n');
    expect(await say('putscript "t\\"w\\\\o" "stop;"')).toBe('OK "The script is stored"\r\n');
    expect(await say('GETSCRIPT "one"')).toBe('{7}\r\nkeep;\r\n\r\nOK "This is the script"\r\n');
    expect(await say('SETACTIVE "one"')).toBe('OK "The script is active"\r\n');
    expect(await say("LISTSCRIPTS")).toBe('"one" ACTIVE\r\n"t\\"w\\\\o"\r\nOK "These are all scripts"\r\n');
    expect(await say('DELETESCRIPT "one"')).toBe('NO (ACTIVE) "The active script cannot be deleted"\r\n');
    expect(await say('RENAMESCRIPT "one" "three"')).toBe('OK "The script is renamed"\r\n');
    expect(await say('RENAMESCRIPT "three" "t\\"w\\\\o"')).toBe(
      'NO (ALREADYEXISTS) "There is a script by that name already"\r\n',
    );
    expect(await say("LISTSCRIPTS")).toContain('"three" ACTIVE\r\n');
    expect(await say('SETACTIVE ""')).toBe('OK "No script is active"\r\n');
    expect(await say('DELETESCRIPT "three"')).toBe('OK "The script is deleted"\r\n');
    for (const command of ["GETSCRIPT", "SETACTIVE", "DELETESCRIPT"]) {
      expect(await say(`${command} "three"`)).toBe('NO (NONEXISTENT) "There is no script by that name"\r\n');
    }
    expect(await say('RENAMESCRIPT "three" "four"')).toBe('NO (NONEXISTENT) "There is no script by that name"\r\n');
    expect(await say(`CHECKSCRIPT ${literal(valid)}`)).toBe('OK "The script is valid"\r\n');
    expect(await say("NOOP")).toBe('OK "Done"\r\n');
    expect(await say('NOOP "STARTTLS-SYNC-42"')).toBe('OK (TAG "STARTTLS-SYNC-42") "Done"\r\n');
    expect(await say(`NOOP ${literal("two\r\nlines")}`)).toBe('OK (TAG {10}\r\ntwo\r\nlines) "Done"\r\n');
    expect(await say("LOGOUT")).toBe('OK "Logged out"\r\n');
    expect(wire.verdict).toEqual({ next: "close", cause: "quit", goodbye: true });
  });

  it("answers a client like Thunderbird's add-on, which pipelines nothing and sends scripts as literals", async () => {
    const { wire } = await connect();
    expect(await wire.send("STARTTLS\r\n")).toBe('OK "Begin TLS negotiation now"\r\n');
    expect(wire.verdict).toEqual({ next: "upgrade" });
    expect(await wire.secure()).toMatch(/"SASL" "PLAIN"\r\n("(?!STARTTLS).*\r\n)*OK "Gatehouse is ready"\r\n$/);
    expect(await wire.send(`AUTHENTICATE "PLAIN"\r\n`)).toBe('""\r\n');
    expect(await wire.send(`"${credentials()}"\r\n`)).toBe('OK "Logged in"\r\n');
    expect(await wire.send(`PUTSCRIPT "müller" ${literal('require "fileinto";\r\nfileinto "Büro";\r\n')}`)).toBe("");
    expect(await wire.send("\r\n")).toBe('OK "The script is stored"\r\n');
  });

  it("takes names of other normalization forms for the same, and refuses what RFC 5804 1.6 forbids", async () => {
    const { wire } = await logIn();
    await wire.send(Buffer.from(`PUTSCRIPT ${"{8+}"}\r\nmu\u0308ller "keep;"\r\n`));
    wire.take();
    expect(await wire.send('GETSCRIPT "müller"\r\n')).toMatch(/^\{5\}/);
    for (const name of ['""', literal("a\tb"), literal("a\0b"), '"a\u2028b"', '"a\u0085b"']) {
      expect(await wire.send(Buffer.from(`PUTSCRIPT ${name} "keep;"\r\n`))).toMatch(/^NO "The name of a script/);
    }
    expect(await wire.send(Buffer.from("GETSCRIPT {1+}\r\n\xff\r\n", "latin1"))).toMatch(/^NO "The name of a script/);
    expect(await wire.send(`PUTSCRIPT "${"é".repeat(256)}" "keep;"\r\n`)).toBe('OK "The script is stored"\r\n');
    expect(await wire.send(`PUTSCRIPT "${"é".repeat(257)}" "keep;"\r\n`)).toMatch(/^NO "The name of a script/);
  });

  it("can begin again as somebody else after UNAUTHENTICATE", async () => {
    const { wire } = await logIn();
    wire.take();
    expect(wire.sessionTimeout).toBeNull();
    expect(await wire.send("UNAUTHENTICATE\r\nLISTSCRIPTS\r\n")).toBe(
      'OK "You are logged out, the connection stays"\r\nNO "Log in first"\r\n',
    );
    expect(wire.sessionTimeout).toBe(180_000);
    expect(await wire.send(`AUTHENTICATE "PLAIN" ${literal(credentials())}\r\n`)).toBe('OK "Logged in"\r\n');
  });

  it("asks the mailbox for one command after the other, in order", async () => {
    const { wire } = await logIn();
    wire.take();
    expect(await wire.send(`PUTSCRIPT "a" "keep;"\r\nSETACTIVE "a"\r\nLISTSCRIPTS\r\nNOOP\r\nLOGOUT\r\n`)).toBe(
      'OK "The script is stored"\r\nOK "The script is active"\r\n"a" ACTIVE\r\nOK "These are all scripts"\r\n' +
        'OK "Done"\r\nOK "Logged out"\r\n',
    );
  });
});

describe("scripts", () => {
  it("that are not valid are refused with the place of the error, and leave the old one as it is", async () => {
    const { wire } = await logIn();
    await wire.send(`PUTSCRIPT "s" "keep;"\r\n`);
    wire.take();
    const script = "#comment\r\nInvalidSieveCommand\r\n";
    const error = /^NO "line 3, column 1: Expected a semicolon or a block after invalidsievecommand/;
    expect(await wire.send(`PUTSCRIPT "s" ${literal(script)}\r\n`)).toMatch(error);
    expect(await wire.send(`CHECKSCRIPT ${literal(script)}\r\n`)).toMatch(error);
    expect(await wire.send('GETSCRIPT "s"\r\n')).toMatch(/^\{5\}\r\nkeep;\r\n/);
  });

  it("that need something unsupported are refused", async () => {
    const { wire } = await logIn();
    wire.take();
    expect(await wire.send(`CHECKSCRIPT ${literal('require "magic";')}\r\n`)).toBe(
      'NO "line 1, column 9: The extension \\"magic\\" is not supported."\r\n',
    );
  });

  it("are cleared by an empty one, and no script is active after the name of none", async () => {
    const { wire } = await logIn();
    wire.take();
    expect(await wire.send('PUTSCRIPT "s" "keep;"\r\nSETACTIVE "s"\r\nPUTSCRIPT "s" ""\r\n')).toMatch(
      /^(OK "[^"]*"\r\n){3}$/,
    );
    expect(await wire.send('GETSCRIPT "s"\r\nCHECKSCRIPT {0+}\r\n\r\n')).toBe(
      '{0}\r\n\r\nOK "This is the script"\r\nOK "The script is valid"\r\n',
    );
    expect(await wire.send('SETACTIVE ""\r\nLISTSCRIPTS\r\n')).toMatch(/^OK "[^"]*"\r\n"s"\r\nOK /);
  });

  it("that are valid and odd are stored with warnings", async () => {
    const { wire } = await logIn();
    wire.take();
    const script = "stop;\r\nkeep;\r\n";
    const warning = 'OK (WARNINGS) "line 2, column 1: This is never reached: stop comes before it."\r\n';
    expect(await wire.send(`CHECKSCRIPT ${literal(script)}\r\n`)).toBe(warning);
    expect(await wire.send(`PUTSCRIPT "s" ${literal(script)}\r\n`)).toBe(warning);
    expect(await wire.send('GETSCRIPT "s"\r\n')).toContain(script);
  });

  it("come back octet for octet", async () => {
    const { wire } = await logIn();
    wire.take();
    const script = '# é 😀 "quoted" \\ {5+}\r\nkeep;\n\n';
    await wire.send(Buffer.from(`PUTSCRIPT "s" {${Buffer.byteLength(script)}+}\r\n${script}\r\n`));
    wire.take();
    expect(await wire.send('GETSCRIPT "s"\r\n')).toBe(
      `{${Buffer.byteLength(script)}}\r\n${script}\r\nOK "This is the script"\r\n`,
    );
  });

  it("may be longer than the checker takes by default, where the mailbox allows it", async () => {
    const { wire } = await logIn({ mailboxLimits: { maxScriptSize: 2_000_000 } });
    wire.take();
    const script = `keep; #${"x".repeat(1_500_000)}`;
    expect(await wire.send(`PUTSCRIPT "long" ${literal(script)}\r\n`)).toBe('OK "The script is stored"\r\n');
  });

  it("are as many and as large as the mailbox allows", async () => {
    const { wire } = await logIn({ mailboxLimits: { maxScripts: 1, maxScriptSize: 20 } });
    wire.take();
    expect(await wire.send('HAVESPACE "a" 21\r\n')).toBe('NO (QUOTA/MAXSIZE) "The script is too large"\r\n');
    expect(await wire.send(`PUTSCRIPT "a" ${literal("#".repeat(21))}\r\nNOOP\r\n`)).toBe(
      'NO (QUOTA/MAXSIZE) "The script is too large"\r\nOK "Done"\r\n',
    );
    expect(await wire.send(`CHECKSCRIPT ${literal("#".repeat(21))}\r\n`)).toMatch(/^NO \(QUOTA\/MAXSIZE\)/);
    await wire.send('PUTSCRIPT "a" "keep;"\r\n');
    wire.take();
    const full = 'NO (QUOTA/MAXSCRIPTS) "There are as many scripts as there may be"\r\n';
    expect(await wire.send('HAVESPACE "b" 5\r\n')).toBe(full);
    expect(await wire.send('PUTSCRIPT "b" "keep;"\r\n')).toBe(full);
    expect(await wire.send('PUTSCRIPT "a" "stop;"\r\n')).toBe('OK "The script is stored"\r\n');
  });

  it("cannot be reached while the mailbox fails, which is told and ends nothing", async () => {
    const memory = new MemoryMailboxes();
    const failing = {
      open: async () => {
        const account = await memory.open({ username: "alice@example.com" });
        account.scripts.list = () => Promise.reject(new Error("disk on fire"));
        return account;
      },
    };
    const { wire } = await logIn({ mailboxes: failing });
    wire.take();
    expect(await wire.send("LISTSCRIPTS\r\nNOOP\r\n")).toBe(
      'NO (TRYLATER) "Temporary failure, try again later"\r\nOK "Done"\r\n',
    );
    expect(wire.notices).toContainEqual(
      expect.objectContaining({ type: "session.backendFailed", operation: "scripts" }),
    );
  });
});

describe("AUTHENTICATE", () => {
  it.each([
    ['AUTHENTICATE "PLAIN"', 'NO (ENCRYPT-NEEDED) "Log in under TLS only: use STARTTLS first"'],
    ["LISTSCRIPTS", 'NO "Log in first"'],
    ['PUTSCRIPT "a" "keep;"', 'NO "Log in first"'],
    ["UNAUTHENTICATE", 'NO "Log in first"'],
    ["STARTTLS now", 'NO "The command takes other arguments"'],
    ["FROBNICATE", 'NO "There is no such command"'],
    ['"NOOP"', 'NO "There is no such command"'],
    ["NOOP unquoted", 'NO "The command takes other arguments"'],
    ["", 'NO "There is no such command"'],
  ])("in clear, before it: %j", async (line, reply) => {
    const { wire } = await connect();
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
    expect(wire.verdict).toEqual(CONTINUE);
  });

  it.each([
    [`"PLAIN" "${credentials()}"`, 'OK "Logged in"'],
    [`"plain" "${credentials()}"`, 'OK "Logged in"'],
    ['"PLAIN" "!"', 'NO "The response is malformed"'],
    ['"PLAIN" ""', 'NO "The response is malformed"'],
    ['"LOGIN"', 'NO "This mechanism is not supported"'],
    ["PLAIN", 'NO "The command takes other arguments"'],
    [`"PLAIN" "${credentials("wrong")}"`, 'NO "Name or password is wrong"'],
  ])("takes %s", async (line, reply) => {
    const { wire } = await connect({}, { tls: secureFacts });
    expect(await wire.send(`AUTHENTICATE ${line}\r\n`)).toBe(`${reply}\r\n`);
  });

  it.each([
    ['"*"', 'NO "The exchange was cancelled"'],
    ["*", 'NO "The command could not be understood: words, numbers, \\"quoted strings\\" and {n+} literals"'],
    ['"a" "b"', 'NO "The response is malformed"'],
    [literal(credentials()), 'OK "Logged in"'],
  ])("goes on after the challenge with %j", async (line, reply) => {
    const { wire } = await connect({}, { tls: secureFacts });
    expect(await wire.send('AUTHENTICATE "PLAIN"\r\n')).toBe('""\r\n');
    expect(wire.state).toBe("authenticating");
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
    expect(wire.state).toBe(reply.startsWith("OK") ? "authenticated" : "nonAuthenticated");
  });

  it("is taken once only", async () => {
    const { wire } = await logIn();
    wire.take();
    expect(await wire.send(`AUTHENTICATE "PLAIN" "${credentials()}"\r\n`)).toBe('NO "You are logged in already"\r\n');
    expect(await wire.send("STARTTLS\r\n")).toBe('NO "TLS is active already"\r\n');
  });

  it("ends the session after the third failure, each answered later than the one before", async () => {
    const { wire } = await connect({}, { tls: secureFacts });
    const wrong = `AUTHENTICATE "PLAIN" "${credentials("wrong")}"\r\n`;
    expect(await wire.send(wrong + wrong + wrong)).toBe(
      `${'NO "Name or password is wrong"\r\n'.repeat(3)}BYE "Too many failures to log in"\r\n`,
    );
    expect(wire.waits).toEqual([1000, 2000, 4000]);
    expect(wire.verdict).toEqual(close("authentication-failed"));
    expect(JSON.stringify(wire.notices)).not.toContain("wrong");
  });

  it("is told when the mailbox cannot be opened, and stays logged out", async () => {
    const { wire } = await logIn({ mailboxes: { open: () => Promise.reject(new Error("no disk")) } });
    expect(wire.output).toMatch(/\nNO \(TRYLATER\) "Temporary failure, try again later"\r\n$/);
    expect(wire.state).toBe("nonAuthenticated");
    expect(wire.notices).toContainEqual(expect.objectContaining({ operation: "mailboxes" }));
  });

  it("closes the account that was opened, even for a client that has gone meanwhile", async () => {
    const memory = new MemoryMailboxes();
    let closed = 0;
    const asked = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const { wire } = await connect(
      {
        mailboxes: {
          open: async (identity) => {
            const account = await memory.open(identity);
            account.close = () => closed++;
            asked.resolve();
            await opened.promise;
            return account;
          },
        },
      },
      { tls: secureFacts },
    );
    const authenticated = wire.send(`AUTHENTICATE "PLAIN" "${credentials()}"\r\n`);
    await asked.promise;
    wire.close("peer-reset");
    opened.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(1);
    wire.wake();
    await authenticated;
    expect(wire.state).toBe("closed");
  });

  it("is refused where there is nobody to ask", async () => {
    const { wire } = await connect({ backend: {} }, { tls: secureFacts });
    expect(wire.output).toContain('"SASL" ""');
    expect(await wire.send('AUTHENTICATE "PLAIN"\r\n')).toBe('NO "Nobody can log in here"\r\n');
  });

  it("lets an embedder take the dialogue over, with what came behind the log-in", async () => {
    const heard: string[] = [];
    const successor = (wire: Wire): Session => ({
      state: "chatting",
      greet: () => {
        wire.write("welcome\r\n");
        return CONTINUE;
      },
      receive: (chunk) => {
        heard.push(Buffer.from(chunk).toString());
        return CONTINUE;
      },
      resume: () => CONTINUE,
      writable: () => CONTINUE,
      secured: () => CONTINUE,
      ended: () => close("quit"),
      drain: () => close("drained"),
      expired: () => close("idle-timeout"),
      closed: () => heard.push("closed"),
    });
    const { wire } = await connect(
      { takeOver: ({ username }, given) => (username === "alice@example.com" ? successor(given) : null) },
      { tls: secureFacts },
    );
    expect(await wire.send(`AUTHENTICATE "PLAIN" "${credentials()}"\r\nhello\n`)).toBe('OK "Logged in"\r\nwelcome\r\n');
    expect(heard).toEqual(["hello\n"]);
    await wire.send("more");
    wire.close("peer-reset");
    expect(heard).toEqual(["hello\n", "more", "closed"]);
    expect(wire.state).toBe("chatting");
  });
});

describe("STARTTLS", () => {
  it("drops what was sent in clear behind it, whole lines and fragments", async () => {
    for (const injected of ["NOOP\r\n", "NOOP", `PUTSCRIPT {9+}\r\nabc`]) {
      const { wire } = await connect();
      expect(await wire.send(`STARTTLS\r\n${injected}`)).toBe('OK "Begin TLS negotiation now"\r\n');
      await wire.secure();
      expect(await wire.send("NOOP\r\n")).toBe('OK "Done"\r\n');
    }
  });

  it("is refused where it is not available, or TLS is there already", async () => {
    const clear = await connect({}, { startTls: false });
    expect(await clear.wire.send("STARTTLS\r\n")).toBe('NO "TLS is not available"\r\n');
    const secured = await connect({}, { tls: secureFacts });
    expect(await secured.wire.send("STARTTLS\r\n")).toBe('NO "TLS is active already"\r\n');
    const late = await connect({ authWithoutTls: true });
    await late.wire.send(`AUTHENTICATE "PLAIN" "${credentials()}"\r\n`);
    late.wire.take();
    expect(await late.wire.send("STARTTLS\r\n")).toBe('NO "You are logged in already"\r\n');
    expect(await late.wire.send("CAPABILITY\r\n")).not.toContain("STARTTLS");
  });
});

describe("bad input", () => {
  it.each([
    ["a bare LF", "NOOP\n", 'BYE "Lines end with CRLF', "protocol-error"],
    ["NUL", "NO\0OP\r\n", 'BYE "Where the command ends is unclear', "protocol-error"],
    ["octets that are not UTF-8", Buffer.from([0xff, 0x0d, 0x0a]), 'BYE "Where the command ends', "protocol-error"],
    ["a synchronizing literal", "NOOP {4}\r\n", 'BYE "Where the command ends is unclear', "protocol-error"],
    ["an unfinished string before a literal", 'NOOP "a {4}\r\n', 'BYE "Where the command', "protocol-error"],
    ["a line that is too long", `NOOP "${"a".repeat(5000)}"\r\n`, 'BYE "The line is too long"', "line-too-long"],
    ["a line without an end", "a".repeat(5000), 'BYE "The line is too long"', "line-too-long"],
    ["a long literal before the log-in", "NOOP {12289+}\r\n", 'BYE (QUOTA/MAXSIZE) "The string', "line-too-long"],
    [
      "a request of HTTP",
      "GET / HTTP/1.1\r\nHost: x\r\n",
      'BYE "This port speaks ManageSieve, not HTTP"',
      "protocol-error",
    ],
    [
      "a TLS handshake",
      Buffer.from([0x16, 3, 1, 0, 5]),
      'BYE "This port speaks ManageSieve in clear',
      "protocol-error",
    ],
  ])("ends the session: %s", async (...[, input, reply, cause]) => {
    const { wire } = await connect();
    const output = await wire.send(input);
    expect(output.startsWith(reply), output).toBe(true);
    expect(output.split("\r\n")).toHaveLength(2);
    expect(wire.verdict).toEqual({ next: "close", cause });
  });

  it.each([
    ["a character that begins no word", "NOOP %\r\n"],
    ["words that are not separated", 'NOOP "a""b"\r\n'],
    ["an escape that is none", 'NOOP "\\n"\r\n'],
    ["too many words", 'NOOP "a" "b" "c" "d"\r\n'],
    ["too many literals", `NOOP${" {1+}\r\na".repeat(50)}\r\n`],
    ["a malformed command with a literal, which is no command", "NOOP % {8+}\r\nLOGOUT\r\n\r\n"],
    ["a literal right behind a literal", "NOOP {1+}\r\na{1+}\r\nb\r\n"],
  ])("is answered and the session goes on: %s", async (_name, input) => {
    const { wire } = await connect();
    expect(await wire.send(`${input}NOOP\r\n`)).toMatch(
      /^NO "The command could not be understood[^\r]*\r\nOK "Done"\r\n$/,
    );
  });

  it("ends a session that makes ten errors, or sends fifty commands and no log-in", async () => {
    const errors = await connect();
    expect(await errors.wire.send("X\r\n".repeat(20))).toBe(
      `${'NO "There is no such command"\r\n'.repeat(10)}BYE "Too many errors"\r\n`,
    );
    expect(errors.wire.verdict).toEqual(close("too-many-errors"));
    const idlers = await connect();
    expect(await idlers.wire.send("NOOP\r\n".repeat(60))).toBe(
      `${'OK "Done"\r\n'.repeat(50)}BYE "Too many commands without a log-in"\r\n`,
    );
  });

  it("counts errors again once a command was carried out, after the log-in", async () => {
    const { wire } = await logIn();
    wire.take();
    for (let round = 0; round < 5; round++) await wire.send(`${"X\r\n".repeat(9)}LISTSCRIPTS\r\n`);
    expect(wire.verdict).toEqual(CONTINUE);
    expect(await wire.send("X\r\n".repeat(10))).toContain("BYE");
  });

  it("reads over a script that is too large, up to a limit", async () => {
    const { wire } = await logIn({ refusedScript: 200_000 });
    wire.take();
    expect(await wire.send('PUTSCRIPT "a" {200001+}\r\n')).toBe('BYE (QUOTA/MAXSIZE) "The string is far too long"\r\n');
    expect(wire.verdict).toEqual(close("line-too-long"));
  });
});

describe("time, and the end", () => {
  it("gives a client three minutes to log in, whatever it sends", async () => {
    const { wire } = await connect();
    expect(wire.sessionTimeout).toBe(180_000);
    expect(wire.expire("session")).toBe('BYE "You did not log in in time"\r\n');
    expect(wire.verdict).toEqual(close("session-timeout"));
  });

  it("ends after half an hour of silence", async () => {
    const { wire } = await logIn();
    wire.take();
    expect(wire.idleTimeout).toBe(1_800_000);
    expect(wire.expire("idle")).toBe('BYE "You were silent for too long"\r\n');
    expect(wire.verdict).toEqual(close("idle-timeout"));
  });

  it("excuses the client once when it is the mailbox that is slow", async () => {
    const { wire } = await connect({ mailboxes: { open: () => new Promise(() => {}) } }, { tls: secureFacts });
    wire.push(`AUTHENTICATE "PLAIN" "${credentials()}"\r\n`);
    expect(wire.expire("idle")).toBe("");
    expect(wire.expire("idle")).toBe('BYE (TRYLATER) "No answer in time, try again later"\r\n');
  });

  it.each([
    ["before the log-in", connect],
    ["after it", logIn],
  ])("drains at once: %s", async (_name, begin) => {
    const { wire } = await begin();
    wire.take();
    expect(wire.drain()).toBe('BYE (TRYLATER) "The server is shutting down"\r\n');
    expect(wire.verdict).toEqual(close("drained"));
  });

  it("drains behind the answer of a command that is being carried out", async () => {
    const { wire } = await logIn();
    wire.take();
    wire.push('PUTSCRIPT "a" "keep;"\r\n');
    expect(wire.drain()).toBe("");
    expect(await wire.settle()).toBe('OK "The script is stored"\r\nBYE (TRYLATER) "The server is shutting down"\r\n');
  });

  it("stops when the peer does not read, and goes on when it does", async () => {
    const { wire } = await logIn();
    wire.take();
    wire.reading = false;
    expect(await wire.send("NOOP\r\n")).toBe('OK "Done"\r\n');
    expect(await wire.send("NOOP\r\n")).toBe("");
    expect(wire.verdict.next).toBe("wait");
    expect(await wire.read()).toBe('OK "Done"\r\n');
  });

  it("ends with the peer's side, an unfinished command dropped", async () => {
    const { wire } = await logIn();
    await wire.send('NOOP\r\nPUTSCRIPT "a" {10+}\r\nkeep;');
    await wire.end();
    expect(wire.verdict).toEqual(close("peer-ended"));
  });
});

describe("the protocol", () => {
  const protocol = manageSieve({ backend, mailboxes });

  it.each([
    ["server-cap", 'BYE (TRYLATER) "Too many connections, try again later"\r\n'],
    ["draining", 'BYE (TRYLATER) "The server is shutting down"\r\n'],
    ["blocked", 'BYE "Nobody can log in from your address"\r\n'],
  ])("refuses by the rule %s with %j", (rule, words) => {
    expect(protocol.busy({ rule, limit: 1, current: 1 }, "mx.example.com")).toBe(words);
  });

  it("refuses options that cannot be used", () => {
    expect(() => manageSieve({ backend, mailboxes, errors: 0 })).toThrow(ProtocolOptionError);
    expect(() => manageSieve({ backend, mailboxes, banner: "a\r\nb" })).toThrow(
      "The option banner of manageSieve() must be one line of printable ASCII.",
    );
  });
});
