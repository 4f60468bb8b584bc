import { describe, expect, test } from "vitest";
import { TrustedNetworkError, TrustedNetworks } from "../../../src/runtime/proxy/trusted-networks.ts";

describe("trusted networks", () => {
  test.each([
    ["an address", "192.0.2.1", "192.0.2.1"],
    ["an address in a network", "192.0.2.0/24", "192.0.2.255"],
    ["a mapped peer, against an IPv4 network", "192.0.2.0/24", "::ffff:192.0.2.7"],
    ["a mapped peer in hexadecimal", "192.0.2.0/24", "::ffff:c000:207"],
    ["a mapped peer, against all of IPv4", "0.0.0.0/0", "::ffff:192.0.2.1"],
    ["an IPv4 peer, against a mapped network", "::ffff:192.0.2.0/120", "192.0.2.9"],
    ["an IPv6 address, however it is written", "2001:DB8:0::1", "2001:db8::1"],
    ["an IPv6 network", "2001:db8::/32", "2001:db8:ffff::1"],
    ["a network with host bits", "10.1.2.3/8", "10.9.9.9"],
    ["a link-local peer with its zone", "fe80::/10", "fe80::1%eth0"],
    ["a peer on a Unix socket", "unix:", "unix"],
  ])("have %s", (_what, network, peer) => {
    expect(new TrustedNetworks([network]).has(peer)).toBe(true);
  });

  test.each([
    ["an address beside the network", "192.0.2.0/24", "192.0.3.0"],
    ["a mapped address beside the network", "192.0.2.0/24", "::ffff:192.0.3.0"],
    ["an IPv4 peer, against all of IPv6", "::/0", "192.0.2.1"],
    ["a mapped peer, against all of IPv6", "::/0", "::ffff:192.0.2.1"],
    ["an IPv6 peer, against all of IPv4", "0.0.0.0/0", "2001:db8::1"],
    ["what is no address", "0.0.0.0/0", ""],
    ["a peer on a Unix socket, against all of IPv4", "0.0.0.0/0", "unix"],
    ["an IPv4 peer, against Unix sockets", "unix:", "127.0.0.1"],
  ])("do not have %s", (_what, network, peer) => {
    expect(new TrustedNetworks([network]).has(peer)).toBe(false);
  });

  test("have nobody when they are empty", () => {
    expect(new TrustedNetworks([]).has("127.0.0.1")).toBe(false);
  });

  test("have the peers of each of several", () => {
    const networks = new TrustedNetworks(["10.0.0.0/8", "::1"]);
    expect(["10.1.1.1", "::1", "127.0.0.1"].map((peer) => networks.has(peer))).toEqual([true, true, false]);
  });

  test.each(["10.0.0.0/33", "example.com", "fe80::1%eth0", ""])("refuse to be made of %j", (text) => {
    expect(() => new TrustedNetworks([text])).toThrow(TrustedNetworkError);
    expect(() => new TrustedNetworks([text])).toThrow(JSON.stringify(text));
  });
});
