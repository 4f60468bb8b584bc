import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMailboxName, encodeMailboxName } from "../../../../src/protocols/imap/grammar/mailbox-name.ts";

describe("the name of a mailbox", () => {
  it.each([
    ["~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"],
    ["Entw&APw-rfe", "Entwürfe"],
    ["Tom &- Jerry", "Tom & Jerry"],
    ["&Jjo-!", "☺!"],
    ["&2D3cqQ-", "💩"],
    ["INBOX/x", "INBOX/x"],
    ["", ""],
  ])("is modified UTF-7: %s", (encoded, name) => {
    expect(decodeMailboxName(encoded)).toBe(name);
    expect(encodeMailboxName(name)).toBe(encoded);
  });

  it("is INBOX in any case", () => {
    expect(decodeMailboxName("iNbOx")).toBe("INBOX");
  });

  it("may come as UTF-8 where that can mean one thing only", () => {
    expect(decodeMailboxName("Entwürfe")).toBe("Entwürfe");
    expect(decodeMailboxName("Entwürfe & mehr")).toBeNull();
  });

  it.each([
    ["an ampersand alone", "Tom & Jerry"],
    ["a shift without an end", "&APw"],
    ["base64 that is none", "&A*w-"],
    ["ASCII that is shifted", "&AGE-"],
    ["a hierarchy delimiter that is shifted", "a&AC8-b"],
    ["a shifted control character", "&AAA-"],
    ["half a character", "&AP-"],
    ["left-over bits", "&APx-"],
    ["half a surrogate pair", "&2D0-"],
    ["padding", "&APw=-"],
    ["a control character", "a\tb"],
  ])("is not %s", (_, encoded) => {
    expect(decodeMailboxName(encoded)).toBeNull();
  });

  it("comes back as it was written, which is in ASCII", () => {
    const name = fc.string({ unit: "grapheme" }).filter((text) => !/[\x00-\x1f\x7f]/.test(text));
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ unit: fc.constantFrom("&", "-", "a", ",", "/", "é", "💩") })), (text) => {
        const encoded = encodeMailboxName(text);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeMailboxName(encoded)).toBe(text.toUpperCase() === "INBOX" ? "INBOX" : text);
      }),
    );
  });

  it("is never read from anything but what would be written for it, shifts without need aside", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."&-AaPw28,+/ é") }), (encoded) => {
        const name = decodeMailboxName(encoded);
        if (name === null) return;
        expect(decodeMailboxName(encodeMailboxName(name))).toBe(name);
      }),
    );
  });
});
