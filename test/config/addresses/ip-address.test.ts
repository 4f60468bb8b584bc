import { isIPv6 as isIPv6InNode, BlockList as NodeBlockList, SocketAddress } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressOf, ipv6AddressOf, isIPv6, octetsOf, readIpAddress } from "../../../src/config/addresses/ip-address.ts";
import { BlockList } from "../../../src/runtime/admission/block-list.ts";
import { endpoint } from "../../../src/runtime/connection/socket-facts.ts";
import { TrustedNetworks } from "../../../src/runtime/proxy/trusted-networks.ts";
import { decodeSockaddr, encodeSockaddr } from "../../../src/runtime/sockets/sockaddr.ts";
import { systemClock } from "../../../src/runtime/time/clock.ts";
import { ipv6Spelling, octets16 } from "./ip-spellings.ts";

const MAPPED = "00000000000000000000ffff";
const isMapped = (octets: readonly number[]) => Buffer.from(octets).toString("hex").startsWith(MAPPED);
const canonicalInNode = (text: string) => new SocketAddress({ address: text, family: "ipv6" }).address;

test("every spelling of an IPv6 address is read as its octets, and has one text everywhere", () => {
  fc.assert(
    fc.property(ipv6Spelling, ({ octets, text }) => {
      expect(octetsOf(text)).toEqual(octets);
      const ip = readIpAddress(text);
      expect(ip?.address).toBe(isMapped(octets) ? octets.slice(12).join(".") : canonicalInNode(text));
      expect(ip?.address).toBe(addressOf(octets));
      expect(ip?.address).toBe(endpoint(canonicalInNode(text), 25).address);
      expect(octetsOf(ip?.address ?? "")).toEqual(isMapped(octets) ? octets.slice(12) : octets);
    }),
  );
});

test("what looks like an IPv6 address is one if Node says so", () => {
  const group = fc.constantFrom("", "0", "a1", "FFFF", "12345", "g", "1.2.3.4", "256.1.1.1");
  const zone = fc.constantFrom("", "", "%", "%eth0", "%eth_0", "%1.2-3:4", "%a%b");
  const text = fc.tuple(fc.array(group, { maxLength: 9 }), zone).map(([groups, end]) => groups.join(":") + end);
  const anything = fc.oneof(
    text,
    ipv6Spelling.map((spelling) => spelling.text),
    fc.string(),
  );
  fc.assert(
    fc.property(anything, (either) => {
      expect(isIPv6(either)).toBe(isIPv6InNode(either));
    }),
    { numRuns: 2_000 },
  );
});

test("the kernel's form of an address holds the same octets", () => {
  fc.assert(
    fc.property(octets16, (octets) => {
      const address = ipv6AddressOf(octets);
      const encoded = encodeSockaddr({ address, port: 25, family: 6 });
      expect([...encoded.subarray(8, 24)]).toEqual(octets);
      expect(decodeSockaddr(encoded)).toEqual({ address, port: 25, family: 6 });
    }),
  );
});

test("a peer is blocked and trusted by its octets, as Node's own block list finds them", () => {
  fc.assert(
    fc.property(ipv6Spelling, fc.nat(128), octets16, ({ octets, text }, prefix, stranger) => {
      fc.pre(!isMapped(octets) && !isMapped(stranger));
      const network = `${text}/${prefix}`;
      const blocks = new BlockList(systemClock);
      blocks.add({ address: network });
      const trusted = new TrustedNetworks([network]);
      const theirs = new NodeBlockList();
      theirs.addSubnet(canonicalInNode(text), prefix, "ipv6");
      for (const address of [ipv6AddressOf(octets), ipv6AddressOf(stranger)]) {
        // As a socket has it.
        const peer = endpoint(address, 25).address;
        expect(blocks.find(peer) !== null).toBe(theirs.check(address, "ipv6"));
        expect(trusted.has(peer)).toBe(theirs.check(address, "ipv6"));
      }
    }),
  );
});

test.each([
  ["::ffff:198.51.100.9", "198.51.100.9"],
  ["::FFFF:C633:6409", "198.51.100.9"],
  ["0:0:0:0:0:ffff:c633:6409", "198.51.100.9"],
  ["::ffff:0:c633:6409", "::ffff:0:c633:6409"],
  ["::ffff:0:198.51.100.9", "::ffff:0:c633:6409"],
  ["64:ff9b::198.51.100.9", "64:ff9b::c633:6409"],
  ["::198.51.100.9", "::198.51.100.9"],
  ["::ffff:1:2:3", "::ffff:1:2:3"],
  ["2001:0DB8:0:0::0001", "2001:db8::1"],
])("%s is %s", (text, canonical) => {
  expect(readIpAddress(text)?.address).toBe(canonical);
});

test.each(["::ffff:192.0.2.01", "1::2::3", "00001::", "::1.2.3", " ::1", "[::1]", "::ffff:1.2.3.4%eth0", "fe80::1%"])(
  "%j is no address",
  (text) => {
    expect(readIpAddress(text)).toBeNull();
  },
);

test("an interface belongs to the peer and not to the network that it is in", () => {
  expect(readIpAddress("FE80::1%eth0")).toEqual({ family: 6, address: "fe80::1", zone: "eth0" });
  const blocks = new BlockList(systemClock);
  blocks.add({ address: "fe80::/10" });
  expect(blocks.find("fe80::1%eth0")?.address).toBe("fe80::/10");
});

test("a translated address is no IPv4 address: a block of one lets the other in", () => {
  const blocks = new BlockList(systemClock);
  blocks.add({ address: "198.51.100.9" });
  expect(blocks.find(endpoint("::ffff:0:c633:6409", 1).address)).toBeNull();
  blocks.add({ address: "::ffff:0:0:0/96" });
  expect(blocks.find(endpoint("::ffff:0:c633:6409", 1).address)?.address).toBe("::ffff:0:0:0/96");
});
