import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../../src/protocols/smtp/command.ts";

describe("parseCommand", () => {
  it.each([
    ["QUIT", "QUIT", ""],
    ["quit \t", "QUIT", ""],
    ["Mail  FROM:<a@b.c> ", "MAIL", "FROM:<a@b.c>"],
    ["mail\tFROM:<a@b.c>", "MAIL", "FROM:<a@b.c>"],
    [" NOOP", "", "NOOP"],
    ["", "", ""],
    ["straße x", "STRASSE", "x"],
  ])("takes %j apart", (line, verb, argument) => {
    expect(parseCommand(line)).toEqual({ verb, argument });
  });

  it("ends the verb at the first space or tab, and puts it in capitals", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..." \tAZaz_`{é\u00a0ß9".split("")), maxLength: 12 }), (line) => {
        const [, verb = "", argument = ""] = /^([^ \t]*)[ \t]?(.*)$/.exec(line.trimEnd()) ?? [];
        expect(parseCommand(line)).toEqual({ verb: verb.toUpperCase(), argument: argument.trimStart() });
      }),
      { numRuns: 2000 },
    );
  });

  it("takes no word of four characters for another", () => {
    const unit = fc.constantFrom(..."MAILRCPTEHOQU\u0000\u014d\u0152".split(""));
    fc.assert(
      fc.property(fc.string({ unit, minLength: 4, maxLength: 4 }), (word) => {
        expect(parseCommand(`${word} x`)).toEqual({ verb: word.toUpperCase(), argument: "x" });
      }),
      { numRuns: 2000 },
    );
  });
});
