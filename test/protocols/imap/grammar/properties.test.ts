import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CommandReader } from "../../../../src/protocols/imap/grammar/command-reader.ts";
import { type GrammarLimits, unauthenticatedGrammarLimits } from "../../../../src/protocols/imap/grammar/limits.ts";
import { readAll } from "./reading.ts";

/** Commands, right and wrong, and what they are made of. */
const fragment = fc.constantFrom(
  ...[
    "a NOOP\r\n",
    "b LOGIN {3}\r\nbob {4+}\r\n\r\n{}\r\n",
    "c FOO {3+}\r\n",
    "d SELECT inbox\r\n",
    "e SELECT &APw-\r\n",
  ],
  ...["f APPEND INBOX {5}\r\nab\r\nc\r\n", "g APPEND {1+}\r\nx (\\Seen) {3+}\r\n", "h APPEND x {9999+}\r\n", "abc"],
  ...[
    "i SEARCH OR NOT SEEN (1:* TEXT {2+}\r\n",
    "j FETCH 1:* (FLAGS BODY[1.TEXT]<0.1>)\r\n",
    "k STORE 1 +FLAGS (\\Seen",
  ],
  ...[
    "\r\n",
    "\n",
    "\r",
    " ",
    "{3}",
    "{3+}",
    "{99999999999999999999+}",
    '"',
    "\\",
    "(",
    ")",
    "*",
    "%",
    "\0",
    "\xc3\xbc",
    "\xff",
  ],
  ...["x".repeat(150), "UID ", "UTF-8", "CHARSET ", "1:2,*", "BODY[", "]", "<1.2>", "DONE\r\n", "~", "+"],
);
const limits: Partial<GrammarLimits> = { line: 200, literal: 20, literals: 30, skipped: 300, depth: 4, items: 10 };

describe("any bytes", () => {
  it("mean the same however they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 25 }),
        fc.array(fc.nat(600), { maxLength: 12 }),
        fc.constantFrom("accept" as const, "refuse" as const),
        (fragments, cuts, messages) => {
          const bytes = fragments.join("");
          const whole = readAll(bytes, { limits, messages });
          expect(readAll(bytes, { limits, messages, cuts })).toEqual(whole);
          const everyOctet = Array.from({ length: bytes.length }, (_, index) => index);
          expect(readAll(bytes, { limits, messages, cuts: everyOctet })).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("neither throw nor make the reader hold more than its limits, and one command is one result", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fragment, fc.string({ unit: "binary", maxLength: 30 })), { maxLength: 60 }),
        (all) => {
          const reader = new CommandReader({ ...unauthenticatedGrammarLimits, ...limits });
          for (const piece of all) {
            reader.push(Buffer.from(piece, "latin1"));
            let result = reader.next();
            for (; result.type !== "more" && result.type !== "ended"; result = reader.next()) {
              if (result.type === "append") reader.acceptMessage();
              if (result.type === "error") expect(result.text).toMatch(/^[\x20-\x7e]+$/);
              if (result.type === "error" && result.ends) return;
            }
            expect(reader.buffered).toBeLessThanOrEqual(200 + 30 + 20);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never put into an answer what could be taken for another one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const result of readAll(Buffer.concat([bytes, Buffer.from("\r\n")]), { limits })) {
          if (result.type === "error" && result.tag !== null) expect(result.tag).toMatch(/^[\x21-\x7e]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("leave the reader able to read what comes after", () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 8 }), (fragments) => {
        const bytes = `${fragments.join("").replaceAll(/\{|(?<!\r)\n/g, "")}\r\nz NOOP\r\n`;
        expect(readAll(bytes).at(-1)).toEqual({ type: "command", command: { tag: "z", name: "NOOP" } });
      }),
      { numRuns: 300 },
    );
  });
});
