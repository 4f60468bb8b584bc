import { getCiphers } from "node:tls";
import { expect, test } from "vitest";
import { CIPHER_SUITE_NAMES, offeredTls, SUITES } from "../../../src/config/values/cipher-suites.ts";

test("the table has every suite in its order, under names that the runtime's OpenSSL knows", () => {
  expect(Object.keys(SUITES)).toEqual([...CIPHER_SUITE_NAMES]);
  const known = getCiphers();
  for (const { openssl } of Object.values(SUITES)) expect(known).toContain(openssl.toLowerCase());
});

test("a suite's configured name tells its IANA name", () => {
  for (const [name, { iana, version }] of Object.entries(SUITES)) {
    const tail = name.replace(/^tls(13)?-/, "").replaceAll("-", "_");
    expect(iana).toBe(`TLS_${tail.toUpperCase()}`);
    expect(version).toBe(name.startsWith("tls13-") ? "tls13" : "tls12");
  }
});

test("a version without a suite left is not offered", () => {
  const suites13 = CIPHER_SUITE_NAMES.filter((name) => SUITES[name].version === "tls13");
  const offered = (versions: ("tls12" | "tls13")[], suites = suites13) =>
    offeredTls({ tlsDisableProtocols: versions, tlsDisableCipherSuites: suites });
  expect(offered([], []).versions).toEqual(["tls12", "tls13"]);
  expect(offered([]).versions).toEqual(["tls12"]);
  expect(offered(["tls12"], []).suites).toEqual(suites13);
  expect(offered(["tls12"])).toEqual({ versions: [], suites: [] });
});
