import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommand, parseHelo } from "../../../src/protocols/smtp/command.ts";

describe("parseCommand", () => {
  it.each([
    ["QUIT", "QUIT", ""],
    ["quit \t", "QUIT", ""],
    ["Mail  FROM:<a@b.c> ", "MAIL", "FROM:<a@b.c>"],
    ["mail\tFROM:<a@b.c>", "MAIL", "FROM:<a@b.c>"],
    [" NOOP", "", "NOOP"],
    ["", "", ""],
    ["straße x", "STRAßE", "x"],
    ["ſtarttls maıl", "ſTARTTLS", "maıl"],
    ["noop\u00a0", "NOOP\u00a0", ""],
  ])("takes %j apart", (line, verb, argument) => {
    expect(parseCommand(line)).toEqual({ verb, argument });
  });

  it("ends the verb at the first space or tab, and puts it in capitals", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..." \tAZaz_`{é\u00a0ß9".split("")), maxLength: 12 }), (line) => {
        const [, verb = "", argument = ""] = /^([^ \t]*)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
        expect(parseCommand(line)).toEqual({ verb: inCapitals(verb), argument });
      }),
      { numRuns: 2000 },
    );
  });

  it("takes no word of four characters for another", () => {
    const unit = fc.constantFrom(..."MAILRCPTEHOQU\u0000\u014d\u0152".split(""));
    fc.assert(
      fc.property(fc.string({ unit, minLength: 4, maxLength: 4 }), (word) => {
        expect(parseCommand(`${word} x`)).toEqual({ verb: inCapitals(word), argument: "x" });
      }),
      { numRuns: 2000, examples: [["\u0152CPT"], ["MAI\u014d"]] },
    );
  });
});

describe("parseHelo", () => {
  it.each([
    ["mail.example", "mail.example"],
    ["[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"],
    ["my pc", "my pc"],
    ["Jürgens-MacBook", "Jürgens-MacBook"],
    ["WORK\\me (at home) <x>", "WORK\\me (at home) <x>"],
    ["a\x07b\x1b[2Jc\x7fd\x85e", "a?b?[2Jc?d?e"],
    ["a\u2028b\u202ec\u2066d", "a?b?c?d"],
    ["x".repeat(1000), "x".repeat(255)],
    [`${"x".repeat(254)}😀`, `${"x".repeat(254)}\ufffd`],
    ["", null],
  ])("takes %j for %j", (argument, name) => {
    expect(parseHelo(argument)).toBe(name);
  });
});

function inCapitals(word: string): string {
  return word.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
