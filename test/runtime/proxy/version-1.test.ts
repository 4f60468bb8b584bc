import { describe, expect, test } from "vitest";
import { errorOf, headerOf, step } from "./read-header.ts";

const ipv6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

describe("a header of version 1", () => {
  test("names client and destination over IPv4", () => {
    expect(headerOf("PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n")).toEqual({
      version: 1,
      command: "PROXY",
      source: { address: "192.0.2.1", port: 56324 },
      destination: { address: "198.51.100.7", port: 25 },
      unix: null,
      tlvs: { other: [] },
    });
  });

  test.each([
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:0db8:0000:0001:0001:0001:0001:0001", "2001:db8:0:1:1:1:1:1"],
    ["::", "::"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    [ipv6, ipv6],
  ])("gives the IPv6 address %s as %s", (written, canonical) => {
    const { source, destination } = headerOf(`PROXY TCP6 ${written} 2001:db8::2 0 65535\r\n`);
    expect(source).toEqual({ address: canonical, port: 0 });
    expect(destination).toEqual({ address: "2001:db8::2", port: 65535 });
  });

  test.each([
    "PROXY UNKNOWN\r\n",
    "PROXY UNKNOWN \r\n",
    `PROXY UNKNOWN ${ipv6} ${ipv6} 65535 65535\r\n`,
    "PROXY UNKNOWN \0\xff anything  at all\r\n",
  ])("leaves the peer its own address in %j", (line) => {
    const header = headerOf(line);
    expect([header.command, header.source, header.destination, header.unix]).toEqual(["PROXY", null, null, null]);
  });

  test.each([
    ["signature", "PROXX"],
    ["signature", "PROPFIND / HTTP/1.1\r\n"],
    ["signature", "PROXY\r\n"],
    ["signature", "PROXY\t"],
    ["family", "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"],
    ["family", "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"],
    ["family", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"],
    ["family", "PROXY TCP4\r\n"],
    ["family", "PROXY UNKNOWNS\r\n"],
    ["malformed", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"],
    ["malformed", "PROXY TCP4 192.0.2.1\r192.0.2.2 1 2\r\n"],
    ["malformed", "PROXY UNKNOWN a\nb\r\n"],
    ["malformed", "PROXY UNKNOWN a\rb\r\n"],
    ["malformed", "PROXY UNKNOWN\r\r\n"],
    ["malformed", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"],
    ["malformed", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"],
    ["malformed", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"],
    ["malformed", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n"],
    ["address", "PROXY TCP4 192.0.2.1  1 2\r\n"],
    ["address", "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"],
    ["address", "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n"],
    ["address", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"],
    ["address", "PROXY TCP4 192.0.2.1 example.com 1 2\r\n"],
    ["address", "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"],
    ["address", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"],
    ["address", "PROXY TCP6 2001:db8::1 192.0.2.2 1 2\r\n"],
    ["address", "PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n"],
    ["address", "PROXY TCP6 1::2::3 fe80::2 1 2\r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 -2\r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 +2\r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 0x1 2\r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n"],
    ["port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0\r\n"],
  ])("is invalid by its %s: %j", (reason, line) => {
    expect(errorOf(line).reason).toBe(reason);
  });

  test("may be 107 octets long, line end included, and no longer", () => {
    const longest = `PROXY UNKNOWN ${"x".repeat(91)}\r\n`;
    expect(longest).toHaveLength(107);
    expect(headerOf(longest).source).toBeNull();
    expect(errorOf(`PROXY UNKNOWN ${"x".repeat(92)}\r\n`).reason).toBe("oversized");
    expect(step(`PROXY UNKNOWN ${"x".repeat(92)}`)).toBe("more");
    expect(errorOf(`PROXY UNKNOWN ${"x".repeat(93)}`).reason).toBe("oversized");
  });
});
