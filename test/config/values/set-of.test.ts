import fc from "fast-check";
import { expect, test } from "vitest";
import { CIPHER_SUITE_NAMES } from "../../../src/config/values/cipher-suites.ts";
import { listenerWith, mistakesWith } from "../documents.ts";

test("a set is the same as an array and as a map to true", () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const address = fc.tuple(fc.ipV4(), port).map(([host, number]) => `${host}:${number}`);
  const sets = fc.record({
    bind: fc.uniqueArray(address, { minLength: 1, maxLength: 5 }),
    overrideProxyTrustedNetworks: fc.uniqueArray(fc.ipV4(), { maxLength: 5 }),
    tlsDisableCipherSuites: fc.subarray([...CIPHER_SUITE_NAMES], { maxLength: 8 }),
    tlsDisableProtocols: fc.constant<string[]>([]),
  });
  fc.assert(
    fc.property(sets, (arrays) => {
      const maps = Object.fromEntries(
        Object.entries(arrays).map(([field, texts]) => [field, Object.fromEntries(texts.map((text) => [text, true]))]),
      );
      expect(listenerWith(maps)).toEqual(listenerWith(arrays));
    }),
  );
});

test("a map to anything but true is refused", () => {
  expect(mistakesWith({ bind: { "[::]:25": false } })).toEqual([
    'bind["[::]:25"]: must be true; to take the element out of the set, leave it out',
  ]);
});

test("two spellings of one element are one too many, in both forms", () => {
  expect(mistakesWith({ bind: ["[::]:25", "[0::0]:25"] })).toEqual(["bind[1]: is in the set twice, as [::]:25"]);
  expect(mistakesWith({ bind: { "[::]:25": true, "[0::0]:25": true } })).toEqual([
    'bind["[0::0]:25"]: is in the set twice, as [::]:25',
  ]);
});

test("each element that is not valid is told at its own place, besides those that are there twice", () => {
  expect(mistakesWith({ overrideProxyTrustedNetworks: ["10.0.0.0/8", 5, "x", "10.1.0.0/8"] })).toEqual([
    expect.stringMatching(/^overrideProxyTrustedNetworks\[1\]: must be an IP address/),
    expect.stringMatching(/^overrideProxyTrustedNetworks\[2\]: must be an IP address/),
    "overrideProxyTrustedNetworks[3]: is in the set twice, as 10.0.0.0/8",
  ]);
});

test("a listener has at least one address, in both forms", () => {
  for (const bind of [[], {}]) expect(mistakesWith({ bind })).toEqual([expect.stringMatching(/^bind: .*at least one/)]);
});

test("an unknown cipher suite is told which are known", () => {
  for (const tlsDisableCipherSuites of [["rc4"], { rc4: true }]) {
    expect(mistakesWith({ tlsDisableCipherSuites })).toEqual([expect.stringContaining("tls13-aes-256-gcm-sha384")]);
  }
});
