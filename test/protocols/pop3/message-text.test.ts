import { array, assert, constantFrom, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageText } from "../../../src/protocols/pop3/message-text.ts";

/** The whole response, when the message comes in pieces. */
function responseTo(message: string, { lines, cuts = [] }: { lines?: number; cuts?: readonly number[] } = {}): string {
  const text = new MessageText(lines);
  const places = [0, ...[...cuts].sort((a, b) => a - b), message.length];
  let sent = "";
  for (const [index, place] of places.entries()) {
    const next = places[index + 1];
    if (next !== undefined) sent += text.push(Buffer.from(message.slice(place, next), "latin1")).toString("latin1");
  }
  return sent + text.end();
}

/** What a client makes of a response (RFC 1939 section 3). */
function unstuffed(response: string): string {
  expect(response.endsWith("\r\n.\r\n") || response === ".\r\n").toBe(true);
  const lines = response.slice(0, -3).split("\r\n");
  expect(lines).not.toContain(".");
  return lines.map((line) => (line.startsWith(".") ? line.slice(1) : line)).join("\r\n");
}

describe("a message as a multi-line response", () => {
  it.each([
    ["a: b\r\n\r\nc\r\n", "a: b\r\n\r\nc\r\n.\r\n"],
    ["", ".\r\n"],
    [".", "..\r\n.\r\n"],
    ["..\r\n.\r\n", "...\r\n..\r\n.\r\n"],
    ["no end", "no end\r\n.\r\n"],
    ["half an end\r", "half an end\r\n.\r\n"],
    ["a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"],
    ["a\r.\r\n", "a\r.\r\n.\r\n"],
    ["\r\n", "\r\n.\r\n"],
  ])("%j is sent as %j", (message, response) => {
    expect(responseTo(message)).toBe(response);
    const everywhere = Array.from({ length: message.length }, (_, place) => place);
    expect(responseTo(message, { cuts: everywhere })).toBe(response);
  });

  it("says the same however the message is cut, and nothing in it ends the response", () => {
    const message = array(constantFrom(".", "\r\n", "\n", "\r", "a"), { maxLength: 40 }).map((parts) => parts.join(""));
    assert(
      property(message, array(nat(60), { maxLength: 5 }), (text, cuts) => {
        const response = responseTo(text);
        expect(responseTo(text, { cuts: cuts.filter((cut) => cut < text.length) })).toBe(response);
        const ended = text === "" || text.endsWith("\n") ? text : text.endsWith("\r") ? `${text}\n` : `${text}\r\n`;
        expect(unstuffed(response)).toBe(ended.replace(/\r?\n/g, "\r\n"));
      }),
    );
  });

  it("does not copy what has no dots", () => {
    const chunk = Buffer.from("a: b\r\n\r\nc\r\nd");
    expect(new MessageText().push(chunk)).toBe(chunk);
  });

  it.each([
    [0, "a: b\r\nc: d\r\n\r\n.\r\n"],
    [1, "a: b\r\nc: d\r\n\r\n..one\r\n.\r\n"],
    [3, "a: b\r\nc: d\r\n\r\n..one\r\n\r\ntwo\r\n.\r\n"],
    [9, "a: b\r\nc: d\r\n\r\n..one\r\n\r\ntwo\r\nthree\r\n.\r\n"],
  ])("with %d lines of the body", (lines, response) => {
    const message = "a: b\r\nc: d\r\n\r\n.one\r\n\r\ntwo\r\nthree";
    expect(responseTo(message, { lines })).toBe(response);
    expect(responseTo(message, { lines, cuts: [3, 5, 11, 12, 13, 14, 15, 20, 21] })).toBe(response);
  });
});
