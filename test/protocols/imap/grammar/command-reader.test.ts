import { describe, expect, it } from "vitest";
import { CommandReader } from "../../../../src/protocols/imap/grammar/command-reader.ts";
import {
  authenticatedGrammarLimits,
  unauthenticatedGrammarLimits,
} from "../../../../src/protocols/imap/grammar/limits.ts";
import type { ReadResult } from "../../../../src/protocols/imap/grammar/read-result.ts";
import { readAll, readOne } from "./reading.ts";

/** Results in a line each, as a session would act on them. */
function told(results: readonly ReadResult[]): string[] {
  return results.map((result) => {
    switch (result.type) {
      case "command":
        return `${result.command.tag} ${result.command.name}`;
      case "append":
        return `${result.command.tag} APPEND ${result.command.size}${result.synchronizing ? "" : "+"}`;
      case "message":
        return `message ${result.chunk.toString("latin1")}`;
      case "error":
        return `${result.tag ?? "*"} ${result.status}${result.code ? ` [${result.code}]` : ""}${result.ends ? ` ${result.ends}` : ""}`;
      default:
        return result.type;
    }
  });
}

describe("ID before the log-in", () => {
  const field = (index: number) => `field-${index}`.padEnd(30, "x");
  const fields = Array.from({ length: 30 }, (_, index) => field(index));
  const limits = unauthenticatedGrammarLimits;

  it.each([
    ["quoted", (text: string) => `"${text}"`, "v"],
    ["quoted, with each octet escaped", (text: string) => `"${text.replaceAll('"', '\\"')}"`, '"'],
    ["as literals", (text: string) => `{${text.length}+}\r\n${text}`, "v"],
  ])("may be as large as RFC 2971 allows, %s", (_, write, octet) => {
    const value = octet.repeat(1024);
    const pairs = fields.map((name) => `${write(name)} ${write(value)}`).join(" ");
    const parameters = new Map(fields.map((name) => [name, value]));
    const command = { tag: "a", name: "ID", parameters };
    expect(readAll(`a ID (${pairs})\r\n`, { limits })).toEqual([{ type: "command", command }]);
  });

  it("has no more than 30 fields", () => {
    const pairs = [...fields, field(30)].map((name) => `"${name}" NIL`).join(" ");
    expect(told(readAll(`a ID (${pairs})\r\n`, { limits }))).toEqual(["a BAD"]);
  });
});

describe("literals", () => {
  it("asks for the octets of a synchronising literal, and takes them for a string", () => {
    const results = readAll("a LOGIN {5}\r\nalice {10}\r\nwonder\r\nxx\r\n");
    expect(told(results)).toEqual(["continuation", "continuation", "a LOGIN"]);
    expect(results.at(-1)).toMatchObject({ command: { username: "alice", password: "wonder\r\nxx" } });
  });

  it("does not ask for a literal that the client sends unasked", () => {
    expect(readOne("a LOGIN {5+}\r\nalice {4+}\r\n{3+}")).toMatchObject({ username: "alice", password: "{3+}" });
  });

  it("takes an empty literal", () => {
    expect(readOne("a LOGIN {0+}\r\n {0}\r\n")).toMatchObject({ username: "", password: "" });
  });

  it("refuses a synchronising literal that is too large instead of asking for it, and reads the next command", () => {
    const results = readAll("a LOGIN {11}\r\nb NOOP\r\n", { limits: { literal: 10 } });
    expect(told(results)).toEqual(["a BAD [TOOBIG]", "b NOOP"]);
  });

  it("skips a literal that is too large and comes unasked, with the rest of its command", () => {
    const results = readAll("a LOGIN {11+}\r\nb NOOP\r\n123 {3+}\r\nxyz end\r\nc NOOP\r\n", {
      limits: { literal: 10 },
    });
    expect(told(results)).toEqual(["a BAD [TOOBIG]", "c NOOP"]);
  });

  it("answers a wrong command where it wants the next literal to be asked for", () => {
    const results = readAll("a LOGIN {11+}\r\n12345678901 {4}\r\nb NOOP\r\n", { limits: { literal: 10 } });
    expect(told(results)).toEqual(["a BAD [TOOBIG]", "b NOOP"]);
  });

  it("limits all literals of a command together", () => {
    const results = readAll("a LOGIN {6}\r\n123456 {6}\r\nb NOOP\r\n", { limits: { literals: 10 } });
    expect(told(results)).toEqual(["continuation", "a BAD [TOOBIG]", "b NOOP"]);
  });

  it("ends the reading when more would have to be skipped than is worth it", () => {
    const results = readAll("a LOGIN {101+}\r\n", { limits: { literal: 10, skipped: 100 } });
    expect(told(results)).toEqual(["a BAD [TOOBIG] line-too-long"]);
  });

  it.each([
    ["a size beyond all numbers", `a LOGIN {${"9".repeat(400)}+}\r\nb NOOP\r\n`, ["a BAD [TOOBIG] line-too-long"]],
    ["one that would have to be asked for", `a LOGIN {${"9".repeat(400)}}\r\nb NOOP\r\n`, ["a BAD [TOOBIG]", "b NOOP"]],
    ["a command that is not known", "a FOO {3}\r\nb NOOP\r\n", ["a BAD", "b NOOP"]],
    ["a literal within an atom", "a LOGIN alice{3}\r\nb NOOP\r\n", ["a BAD", "b NOOP"]],
    ["a literal in a quoted string", 'a LOGIN "b {3}\r\nc NOOP\r\n', ["a BAD", "c NOOP"]],
    ["a literal where no string can be", "a FETCH {1}\r\nb NOOP\r\n", ["a BAD", "b NOOP"]],
    ["a literal after the last argument", "a LOGIN a b {1}\r\nb NOOP\r\n", ["a BAD", "b NOOP"]],
  ])("refuses %s before its octets come", (_, bytes, expected) => {
    expect(told(readAll(bytes))).toEqual(expected);
  });

  it("refuses strings that are no UTF-8 or hold a NUL", () => {
    expect(told(readAll("a LOGIN {1+}\r\n\xff b\r\nb LOGIN {1+}\r\n\0 b\r\n"))).toEqual(["a BAD", "b BAD"]);
  });

  it("holds no more than what has come, whatever was announced", () => {
    const reader = new CommandReader(authenticatedGrammarLimits);
    reader.push(Buffer.from("a LOGIN {65536}\r\n"));
    expect(reader.next().type).toBe("continuation");
    reader.push(Buffer.from("abc"));
    expect(reader.next().type).toBe("more");
    expect(reader.buffered).toBeLessThan(65_536 + 100);
    expect(reader.buffered).toBeGreaterThan(2);
  });
});

describe("the message of APPEND", () => {
  it("is announced, comes in chunks when it is accepted, and ends with the command", () => {
    const results = readAll("a APPEND {5}\r\nINBOX (\\Seen) {12}\r\nHi\r\nb NOOP\r\n\r\nc NOOP\r\n");
    expect(told(results)).toEqual(["continuation", "a APPEND 12", "message Hi\r\nb NOOP\r\n", "message-end", "c NOOP"]);
  });

  it("passes through as it comes, without being held", () => {
    const reader = new CommandReader(authenticatedGrammarLimits);
    reader.push(Buffer.from("a APPEND INBOX {100000000}\r\n"));
    expect(reader.next()).toMatchObject({ type: "append", synchronizing: true });
    expect(reader.next().type).toBe("more");
    reader.acceptMessage();
    const chunk = Buffer.alloc(65_536);
    reader.push(chunk);
    const result = reader.next();
    expect(result.type === "message" && result.chunk.buffer).toBe(chunk.buffer);
    expect(reader.buffered).toBe(0);
  });

  it("does not come when a synchronising literal is refused", () => {
    expect(told(readAll("a APPEND INBOX {12}\r\nb NOOP\r\n", { messages: "refuse" }))).toEqual([
      "a APPEND 12",
      "b NOOP",
    ]);
  });

  it("is skipped when it comes unasked and is refused", () => {
    const results = readAll("a APPEND INBOX {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n", { messages: "refuse" });
    expect(told(results)).toEqual(["a APPEND 8+", "c NOOP"]);
  });

  it("ends the reading when it is refused and too large to be skipped", () => {
    const results = readAll("a APPEND INBOX {101+}\r\nxx", { messages: "refuse", limits: { skipped: 100 } });
    expect(told(results)).toEqual(["a APPEND 101+", "* BAD line-too-long"]);
  });

  it("may be empty, for the session to refuse", () => {
    expect(told(readAll("a APPEND INBOX {0+}\r\n\r\nb NOOP\r\n"))).toEqual(["a APPEND 0+", "message-end", "b NOOP"]);
  });

  it("is the only one: a second one is an error, and is skipped", () => {
    const results = readAll("a APPEND INBOX {2+}\r\nhi (\\Seen) {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n");
    expect(told(results)).toEqual(["a APPEND 2+", "message hi", "a BAD", "c NOOP"]);
  });

  it.each([
    ["no literal", "a APPEND INBOX\r\n", ["a BAD", "z NOOP"]],
    ["a message in quotation marks", 'a APPEND INBOX (\\Seen) "text"\r\n', ["a BAD", "z NOOP"]],
    ["a date that is none", 'a APPEND INBOX "31-Feb-2020 00:00:00 +0000" {3}\r\n', ["a BAD", "z NOOP"]],
    ["an unknown system flag", "a APPEND INBOX (\\Foo) {3+}\r\nabc\r\n", ["a BAD", "z NOOP"]],
    [
      "a name that is no modified UTF-7",
      "a APPEND &- {3+}\r\nabc\r\nb APPEND &x {3}\r\n",
      ["a APPEND 3+", "message abc", "message-end", "b NO [CANNOT]", "z NOOP"],
    ],
    ["a size beyond 32 bits", "a APPEND INBOX {4294967296}\r\n", ["a BAD", "z NOOP"]],
  ])("is told apart from %s", (_, bytes, expected) => {
    expect(told(readAll(`${bytes}z NOOP\r\n`))).toEqual(expected);
  });
});

describe("lines", () => {
  it("end with CRLF alone: a bare line feed ends the reading", () => {
    expect(told(readAll("a NOOP\nb NOOP\r\n"))).toEqual(["a BAD protocol-error"]);
  });

  it("may hold neither NUL nor a carriage return", () => {
    expect(told(readAll("a LOGIN a\0 b\r\nb LOGIN a\rb c\r\nc NOOP\r\n"))).toEqual(["a BAD", "b BAD", "c NOOP"]);
  });

  it("that are too long are skipped, and the error has the tag", () => {
    const long = `a SEARCH ${"x".repeat(200)}\r\nb NOOP\r\n`;
    expect(told(readAll(long, { limits: { line: 100 } }))).toEqual(["a BAD", "b NOOP"]);
    expect(told(readAll(long, { limits: { line: 100 }, cuts: [...Array(220).keys()] }))).toEqual(["a BAD", "b NOOP"]);
  });

  it("that are too long and end with a literal are skipped with it", () => {
    const long = `a SEARCH ${"x".repeat(200)} {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n`;
    expect(told(readAll(long, { limits: { line: 100 } }))).toEqual(["a BAD", "c NOOP"]);
  });

  it("of one command are limited together", () => {
    const pieces = `${"x".repeat(40)} {1+}\r\nx`;
    expect(told(readAll(`a LIST "" (${pieces} ${pieces} ${pieces})\r\nz NOOP\r\n`, { limits: { line: 100 } }))[0]).toBe(
      "a BAD",
    );
  });

  it("without an end are read up to a limit", () => {
    const reader = new CommandReader(unauthenticatedGrammarLimits);
    for (let round = 0; round < 100; round++) {
      reader.push(Buffer.alloc(1000, "x"));
      const result = reader.next();
      expect(reader.buffered).toBeLessThanOrEqual(unauthenticatedGrammarLimits.line);
      if (result.type === "error") {
        expect(result.ends).toBe("line-too-long");
        expect(round).toBeLessThan(70);
        return;
      }
    }
    expect.unreachable("The reader went on for ever");
  });

  it.each([
    ["", "* BAD"],
    [" NOOP", "* BAD"],
    ["a", "a BAD"],
    ["a ", "a BAD"],
    ["+ NOOP", "* BAD"],
    ["a* NOOP", "* BAD"],
    ["a NOO\x7f", "a BAD"],
    ["GET x", "GET BAD"],
    ["<script> x", "<script> BAD"],
    ["<script>(1) x", "* BAD"],
    [`${"t".repeat(129)} NOOP`, "* BAD"],
    ["a NOOP NOOP", "a BAD"],
    ["a UID NOOP", "a BAD"],
  ])("that are no command are an error with the tag where there is one: %j", (line, expected) => {
    expect(told(readAll(`${line}\r\nz NOOP\r\n`))).toEqual([expected, "z NOOP"]);
  });
});

describe("a request of HTTP", () => {
  it.each([
    ["GET / HTTP/1.1\r\n"],
    ["GET / HTTP/1.1\n"],
    ["GET /\r\n"],
    ["GET /{5}\r\n"],
    ["POST /{5} HTTP/1.1\r\n"],
    ["<script/src=x> / HTTP/1.1\r\n"],
    ["M-SEARCH * HTTP/1.1\r\n"],
    ["PRI * HTTP/2.0\r\n"],
    ["CONNECT localhost:143 HTTP/1.1\r\n"],
    ["GET http://localhost:143/ HTTP/1.1\r\n"],
    ["POST /\0 HTTP/1.1\r\n"],
    [`POST /${"x".repeat(70_000)}`],
  ])("ends the reading, and nothing of it is said again: %j", (request) => {
    expect(readAll(`${request}Host: x\r\n\r\na NOOP\r\n`)).toMatchObject([
      { type: "error", tag: null, text: "This port speaks IMAP, not HTTP", ends: "protocol-error" },
    ]);
  });

  it("is not seen where there is a command", () => {
    expect(told(readAll("GET SELECT HTTP/1.1\r\nPOST NOOP\r\n"))).toEqual(["GET SELECT", "POST NOOP"]);
  });
});

describe("lines that are no commands", () => {
  it("are given as they are, as they may look like anything", () => {
    const reader = new CommandReader(unauthenticatedGrammarLimits);
    reader.push(Buffer.from("AGFsaWNl{3+}\r\nDO"));
    expect(reader.nextLine(100)).toEqual({ type: "line", line: "AGFsaWNl{3+}" });
    expect(reader.nextLine(100).type).toBe("more");
    reader.push(Buffer.from("NE\r\na NOOP\r\n"));
    expect(reader.nextLine(100)).toEqual({ type: "line", line: "DONE" });
    expect(reader.next()).toMatchObject({ type: "command", command: { name: "NOOP" } });
  });

  it("have a limit of their own, and the next one can be read", () => {
    const reader = new CommandReader(unauthenticatedGrammarLimits);
    reader.push(Buffer.from(`${"x".repeat(200)}{99+}\r\n*\r\n`));
    expect(reader.nextLine(100)).toMatchObject({ type: "error", tag: null, ends: null });
    expect(reader.nextLine(100)).toEqual({ type: "line", line: "*" });
  });
});

describe("the end", () => {
  it("is told once everything before it has been read", () => {
    const reader = new CommandReader(authenticatedGrammarLimits);
    reader.push(Buffer.from("a NOOP\r\nb NO"));
    reader.end();
    expect(reader.next().type).toBe("command");
    expect(reader.next().type).toBe("ended");
  });

  it("of the reading leaves the rest to whoever goes on", () => {
    const reader = new CommandReader(authenticatedGrammarLimits);
    reader.push(Buffer.from("a LOGIN x y\r\nb SEL"));
    expect(reader.next()).toMatchObject({ command: { name: "LOGIN" } });
    reader.push(Buffer.from("ECT"));
    expect(reader.rest()?.toString()).toBe("b SELECT");
    reader.clear();
    expect(reader.rest()).toBeNull();
  });

  it("of clear text drops what has not been carried out", () => {
    const reader = new CommandReader(authenticatedGrammarLimits);
    reader.push(Buffer.from("a STARTTLS\r\nb LOGIN x y\r\nc LOG"));
    expect(reader.next()).toMatchObject({ command: { name: "STARTTLS" } });
    reader.clear();
    expect(reader.buffered).toBe(0);
    reader.push(Buffer.from("d NOOP\r\n"));
    expect(reader.next()).toMatchObject({ command: { tag: "d" } });
  });
});
