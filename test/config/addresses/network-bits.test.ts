import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressBits, firstBits, networkBits } from "../../../src/config/addresses/network-bits.ts";

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => ["2001", ...groups.slice(1).map((group) => group.toString(16))].join(":"));

function isIn(address: string, network: string): boolean {
  const reading = networkBits(network);
  const whole = addressBits(address);
  if (!reading.ok || !whole) throw new Error(`${address} in ${network}`);
  const { family, prefix, bits } = reading.value;
  return whole.family === family && firstBits(whole, prefix) === bits;
}

test.each([
  ["ipv4", ipv4, 32],
  ["ipv6", ipv6, 128],
] as const)("an address is in the networks that Node, too, finds it in: %s", (type, addresses, width) => {
  const prefixes = fc.integer({ min: 0, max: width });
  fc.assert(
    fc.property(addresses, addresses, prefixes, (address, network, prefix) => {
      const list = new BlockList();
      list.addSubnet(network, prefix, type);
      expect(isIn(address, `${network}/${prefix}`)).toBe(list.check(address, type));
      expect(isIn(network, `${network}/${prefix}`)).toBe(true);
    }),
  );
});

test("an IPv4 address in IPv6's form is the IPv4 address, and one family is in no network of the other", () => {
  expect(isIn("::ffff:192.0.2.1", "192.0.2.0/24")).toBe(true);
  expect(isIn("192.0.2.1", "::/0")).toBe(false);
  expect(isIn("2001:db8::1", "0.0.0.0/0")).toBe(false);
});
