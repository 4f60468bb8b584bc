import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressOf, octetsOf, readIpAddress } from "../../../src/config/addresses/ip-address.ts";
import { readNetwork } from "../../../src/config/addresses/networks.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["192.0.2.1/32", "192.0.2.1"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["172.16.5.4/12", "172.16.0.0/12"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8:0:0::1", "2001:db8::1"],
  ["2001:db8:ffff::1/33", "2001:db8:8000::/33"],
  ["::/0", "::/0"],
  ["::1/128", "::1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
  ["::ffff:a01:203/128", "10.1.2.3"],
  ["::ffff:0:0/96", "0.0.0.0/0"],
])("%s is the network %s", (text, network) => {
  expect(readNetwork(text)).toEqual({ ok: true, value: network });
});

test.each([
  "",
  "localhost",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/08",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "10.0/8",
  "::/129",
])("%j is not a network", (text) => {
  expect(readNetwork(text).ok).toBe(false);
});

test("an IPv4-mapped network wider than all IPv4 addresses is refused", () => {
  expect(readNetwork("::ffff:0:0/95")).toEqual({ ok: false, reason: expect.stringContaining("from 96 to 128") });
});

test("a network has no interface", () => {
  expect(readNetwork("fe80::1%eth0")).toEqual({ ok: false, reason: "must not name an interface (%)" });
});

test("a canonical network contains what node's own block list finds in the one that was written", () => {
  const address = fc.oneof(
    fc.ipV4().map((text) => ({ text, family: "ipv4" as const, bits: 32 })),
    fc.ipV6().map((text) => ({ text, family: "ipv6" as const, bits: 128 })),
  );
  fc.assert(
    fc.property(address, fc.nat(128), ({ text, family, bits }, length) => {
      const prefix = length % (bits + 1);
      const reading = readNetwork(`${text}/${prefix}`);
      if (!reading.ok) return expect(readIpAddress(text)?.address).toContain(".");
      expect(readNetwork(reading.value)).toEqual(reading);
      const [base = "", canonicalPrefix] = reading.value.split("/");
      const written = new BlockList();
      written.addSubnet(text, prefix, family);
      expect(written.check(base, base.includes(":") ? "ipv6" : "ipv4")).toBe(true);
      if (readIpAddress(text)?.family === (family === "ipv4" ? 4 : 6)) {
        expect(Number(canonicalPrefix ?? bits)).toBe(prefix);
      }
    }),
  );
});

test("any IP address survives being taken apart into octets", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const ip = readIpAddress(text);
      expect(ip).not.toBeNull();
      if (ip) expect(addressOf(octetsOf(ip.address))).toBe(ip.address);
    }),
  );
});
