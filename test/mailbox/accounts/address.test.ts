import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalAddress } from "../../../src/mailbox/accounts/address.ts";

test.each([
  ["Ann@Example.COM", "ann@example.com"],
  ['"Ann"@example.com', "ann@example.com"],
  ['"a\\n\\n"@example.com', "ann@example.com"],
  ['"ann smith"@example.com', '"ann smith"@example.com'],
  ['"a@b"@example.com', '"a@b"@example.com'],
  ["ann@example.com.", "ann@example.com"],
  ["ann@BÜCHER.example", "ann@xn--bcher-kva.example"],
  ["jo\u0308rg@example.com", "jörg@example.com"],
  ["ann@[IPv6:2001:DB8::1]", "ann@[ipv6:2001:db8::1]"],
  ["Postmaster", "postmaster"],
  ["ann@example.com/é", "ann@example.com/é"],
  ["ann@example.com@", "ann@example.com@"],
  ["", ""],
])("%j is compared as %j.", (address, canonical) => {
  expect(canonicalAddress(address).text).toBe(canonical);
});

test("The canonical form of a canonical form is itself, and nothing throws.", () => {
  const address = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.emailAddress(),
    fc.stringMatching(/^"[^\n]*"@x\.example$/),
  );
  fc.assert(
    fc.property(address, (text) => {
      const once = canonicalAddress(text).text;
      expect(canonicalAddress(once).text).toBe(once);
    }),
  );
});
