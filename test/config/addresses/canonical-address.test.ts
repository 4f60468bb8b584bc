import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalAddress, isSameAddress, withoutDetail } from "../../../src/config/addresses/canonical-address.ts";

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
  ["ann@example\u3002com", "ann@example.com"],
  ["Ａnn＠Example．com", "ann@example.com"],
  ["ｱﾝ@example.com", "アン@example.com"],
  ["Σίσυφος@example.com", "σίσυφος@example.com"],
  ["a..b@docomo.example", "a..b@docomo.example"],
  ['"a..b"@docomo.example', "a..b@docomo.example"],
  ['".a"@docomo.example', ".a@docomo.example"],
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

test("Two names are the same person where only case, width, normalization, quotes or the form of the domain differ.", () => {
  expect(isSameAddress("ANN@bücher.example.", '"ann"@xn--bcher-kva.example')).toBe(true);
  expect(isSameAddress("jo\u0308rg", "JÖRG")).toBe(true);
  expect(isSameAddress("ann", "ann@example.com")).toBe(false);
  expect(isSameAddress("ann@example.com", "ann+x@example.com")).toBe(false);
});

test.each([
  ["Ann+Lists@Example.com", "+", "ann@example.com"],
  ["ann+a+b@example.com", "+", "ann@example.com"],
  ['"ann+my lists"@example.com', "+", "ann@example.com"],
  ['"ann smith+x"@example.com', "+", '"ann smith"@example.com'],
  ["ann-x@example.com", "-", "ann@example.com"],
  ["ann+@example.com", "+", "ann@example.com"],
  ["postmaster+x", "+", "postmaster"],
  ["ann@example.com", "+", null],
  ["+ann@example.com", "+", null],
  ["ann@a+b.example", "+", null],
])("%j without what is behind %j is %j.", (address, delimiter, base) => {
  expect(withoutDetail(address, delimiter)).toBe(base);
});
