import { describe, expect, it } from "vitest";
import {
  authenticatedGrammarLimits,
  type GrammarLimits,
  unauthenticatedGrammarLimits,
} from "../../../../src/protocols/imap/grammar/limits.ts";
import { readAll } from "./reading.ts";

/** So much a client can send within the limit of a line. */
const much = 60_000;
const repeat = (text: string, octets = much): string => text.repeat(Math.floor(octets / text.length));

/** What somebody would send to make the server work, or wrong. */
const attacks: Readonly<Record<string, string>> = {
  "parentheses within each other": `a SEARCH ${repeat("(")}`,
  "parentheses within each other, closed": `a SEARCH ${repeat("(", 30_000)}SEEN${repeat(")", 30_000)}`,
  "NOT of NOT": `a SEARCH ${repeat("NOT ")}SEEN`,
  "OR within OR": `a SEARCH ${repeat("OR SEEN ")}SEEN`,
  "OR within OR, to the left": `a SEARCH ${repeat("OR ")}SEEN`,
  "a very long sequence set": `a FETCH ${repeat("1:*,")}1 FLAGS`,
  "sequence numbers without end": `a FETCH ${repeat("9")} FLAGS`,
  "many flags": `a STORE 1 FLAGS (${repeat("a ")}x)`,
  "many fetch items": `a FETCH 1 (${repeat("BODY[] ")}UID)`,
  "many header fields": `a FETCH 1 BODY[HEADER.FIELDS (${repeat("a ")}x)]`,
  "a part that is very deep": `a FETCH 1 BODY[${repeat("1.")}1]`,
  "a list of patterns": `a LIST "" (${repeat("* ")}*)`,
  "an ID without end": `a ID (${repeat('"a" "b" ')})`,
  "many literals": `a LIST "" (${repeat("{0+}\r\n ")}*)`,
  "many quotation marks": `a LOGIN ${repeat('"')}`,
  "many backslashes": `a LOGIN "${repeat("\\\\")}" x`,
  "many spaces": `a LOGIN ${repeat(" ")}`,
  "many spaces before nothing": `a NOOP${repeat(" ")}`,
  "an endless tag": repeat("t"),
  "an endless name": `a ${repeat("N")}`,
  ampersands: `a SELECT "${repeat("&")}"`,
  shifts: `a SELECT "${repeat("&APw-")}"`,
  "a long shift": `a SELECT "&${repeat("APwA")}-"`,
  "open braces": `a LOGIN ${repeat("{")}`,
  "digits that might be a literal": `a LOGIN {${repeat("9")}`,
  "closed braces": `a LOGIN ${repeat("}")}`,
  "literals that are none": `a LOGIN ${repeat("{1")}}`,
};

describe.each<[string, GrammarLimits]>([
  ["before login", unauthenticatedGrammarLimits],
  ["after login", authenticatedGrammarLimits],
])("%s", (_, limits) => {
  it.each(Object.entries(attacks))("%s cost little and are answered once", (name, attack) => {
    const before = process.cpuUsage();
    const results = readAll(`${attack}\r\nz NOOP\r\n`, { limits });
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
    const [first, second, ...others] = results;
    expect(others).toEqual([]);
    expect(["error", "command"]).toContain(first?.type);
    if (first?.type === "error" && first.ends) expect(limits).toBe(unauthenticatedGrammarLimits);
    else expect(second).toEqual({ type: "command", command: { tag: "z", name: "NOOP" } });
    if (name.includes("within")) expect(first?.type).toBe("error");
  });
});

describe("a command of somebody who has not logged in", () => {
  it.each([
    ["a long line", `a LOGIN ${repeat("x", 66_000)} y`],
    ["a large literal", "a LOGIN {1025}"],
    ["a large literal, sent unasked", "a LOGIN {5000+}"],
    ["literals that are large together", `a LIST "" (${repeat(`{1000+}\r\n${repeat("x", 1000)} `, 40_000)})`],
    ["a large message, sent unasked and refused", "a APPEND INBOX {5000+}"],
  ])("is refused for %s", (_, attack) => {
    const results = readAll(`${attack}\r\n`, { limits: unauthenticatedGrammarLimits, messages: "refuse" });
    expect(results.at(-1)).toMatchObject({ type: "error" });
  });
});
