/** Whom a request comes from: what proxies say of it, and who of them is believed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientAddress } from "../../../src/protocols/http/forwarded.ts";
import { TrustedNetworks } from "../../../src/runtime/proxy/trusted-networks.ts";

const peer = "10.0.0.1";
const trusted = new TrustedNetworks(["10.0.0.0/8", "fd00::/8"]);
const by = (field: "forwarded" | "xForwardedFor") => ({ field, trusts: (address: string) => trusted.has(address) });

const fromList = (value: string) => clientAddress(peer, { "x-forwarded-for": value }, by("xForwardedFor"));
const fromForwarded = (value: string) => clientAddress(peer, { forwarded: value }, by("forwarded"));

describe("X-Forwarded-For", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["198.51.100.9, 192.0.2.1", "192.0.2.1"],
    ["198.51.100.9, 192.0.2.1, 10.2.2.2", "192.0.2.1"],
    ["10.4.4.4,10.2.2.2", "10.4.4.4"],
    ["192.0.2.1:4711", "192.0.2.1"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["192.0.2.1, unknown", peer],
    ["192.0.2.1, ", peer],
    ["", peer],
    ["x".repeat(10_000), peer],
  ])("%j is of %s", (value, client) => expect(fromList(value)).toBe(client));

  test("of a peer that is not trusted names nobody", () => {
    expect(clientAddress("192.0.2.9", { "x-forwarded-for": "192.0.2.1" }, by("xForwardedFor"))).toBe("192.0.2.9");
  });

  test("counts alone where it is the field, and not where Forwarded is", () => {
    const headers = { "x-forwarded-for": "192.0.2.1", forwarded: "for=192.0.2.2" };
    expect(clientAddress(peer, headers, by("xForwardedFor"))).toBe("192.0.2.1");
    expect(clientAddress(peer, headers, by("forwarded"))).toBe("192.0.2.2");
  });
});

describe("Forwarded", () => {
  test.each([
    ["for=192.0.2.43", "192.0.2.43"],
    ['For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"],
    ["for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"],
    ["for=192.0.2.43, for=198.51.100.17", "198.51.100.17"],
    ['for=192.0.2.43;host="a,b;for=192.0.2.9", for="10.1.1.1:_port"', "192.0.2.43"],
    ['for="192.0.2.4\\3"', "192.0.2.43"],
    ["proto=https;for=192.0.2.43;", "192.0.2.43"],
    [" ,for=192.0.2.43 , ", "192.0.2.43"],
    ["for=192.0.2.43, proto=https", peer],
    ["for=_hidden", peer],
    ["for=unknown", peer],
    ['for=192.0.2.43, for="', peer],
    ["for=192.0.2.43, for=[2001:db8::1]", peer],
  ])("%j is of %s", (value, client) => expect(fromForwarded(value)).toBe(client));
});

test("what a client writes itself changes nothing behind a proxy that adds the client's address", () => {
  const own = fc.oneof(fc.string(), fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("unknown"))).map(String));
  fc.assert(
    fc.property(own, (written) => {
      expect(fromList(`${written}, 192.0.2.1, 10.9.9.9`)).toBe("192.0.2.1");
    }),
  );
  fc.assert(
    fc.property(own, (written) => {
      const client = fromForwarded(`for="${written}", for=192.0.2.1, for=10.9.9.9`);
      // What cannot be read leaves the proxy, never somebody of the client's choice.
      expect(["192.0.2.1", peer]).toContain(client);
    }),
  );
});
