import { assert, bigInt, ipV6, property } from "fast-check";
import { expect, test } from "vitest";
import { addressOf, octetsOf, readIpAddress } from "../../src/config/addresses/ip-address.ts";
import { addressKey } from "../../src/protocols/address-key.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::192.0.2.1", "0:0:0:0::/64"],
  ["1:2:3::192.0.2.1", "1:2:3:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64%eth0"],
  ["::ffff:0:c633:6409", "::ffff:0:c633:6409"],
  ["64:ff9b::c633:6409", "64:ff9b::c633:6409"],
  ["64:ff9b:1::c633:6409", "64:ff9b:1:0::/64"],
])("%s is counted as %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test("two IPv6 addresses have the same key just when their first 64 bits are the same", () => {
  assert(
    property(ipV6(), bigInt({ min: 0n, max: (1n << 128n) - 1n }), (text, other) => {
      const ip = readIpAddress(text);
      if (ip?.family !== 6 || addressKey(ip.address) === ip.address) return;
      const octets = octetsOf(ip.address);
      const neighbour = octets.map((octet, index) => (index < 8 ? octet : Number((other >> BigInt(8 * index)) & 255n)));
      const stranger = octets.with(7, (octets[7] ?? 0) ^ 1);
      if (readIpAddress(addressOf(neighbour))?.family === 6)
        expect(addressKey(addressOf(neighbour))).toBe(addressKey(ip.address));
      expect(addressKey(addressOf(stranger))).not.toBe(addressKey(ip.address));
    }),
  );
});
