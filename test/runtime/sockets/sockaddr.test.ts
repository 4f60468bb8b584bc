import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSockaddr, encodeSockaddr, isUnspecified, SockaddrError } from "../../../src/runtime/sockets/sockaddr.ts";

const port = fc.integer({ min: 0, max: 65_535 });

describe("sockaddr", () => {
  it("lays an IPv4 address out as ip(7) says", () => {
    const bytes = encodeSockaddr({ address: "192.0.2.1", port: 25, family: 4 });
    expect(bytes.toString("hex")).toBe("02000019c00002010000000000000000");
  });

  it("lays an IPv6 address out as ipv6(7) says, with the scope id last", () => {
    const bytes = encodeSockaddr({ address: "fe80::1%7", port: 465, family: 6 });
    expect(bytes.toString("hex")).toBe("0a0001d100000000fe80000000000000000000000000000107000000");
  });

  it("gives every IPv4 address back as it was", () => {
    fc.assert(
      fc.property(fc.ipV4(), port, (address, number) => {
        const bound = { address, port: number, family: 4 } as const;
        expect(decodeSockaddr(encodeSockaddr(bound))).toEqual(bound);
      }),
    );
  });

  it("reads every way to write an IPv6 address as URL does", () => {
    fc.assert(
      fc.property(fc.ipV6(), port, (address, number) => {
        const decoded = decodeSockaddr(encodeSockaddr({ address, port: number, family: 6 }));
        expect(decoded).toMatchObject({ port: number, family: 6 });
        expect(new URL(`http://[${decoded?.address}]`).host).toBe(new URL(`http://[${address}]`).host);
      }),
    );
  });

  it("knows the unspecified address however it is written", () => {
    expect(["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "0::0", "::0.0.0.0"].map(isUnspecified)).toEqual(Array(5).fill(true));
    expect(["127.0.0.1", "::1", "::ffff:0.0.0.0", "localhost"].map(isUnspecified)).toEqual(Array(4).fill(false));
  });

  it("refuses what is not an address of the family, and an interface that does not exist", () => {
    expect(() => encodeSockaddr({ address: "localhost", port: 1, family: 4 })).toThrow(SockaddrError);
    expect(() => encodeSockaddr({ address: "127.0.0.1", port: 1, family: 6 })).toThrow(/not an IPv6 address/);
    expect(() => encodeSockaddr({ address: "fe80::1%nosuch", port: 1, family: 6 })).toThrow(
      /no network interface "nosuch"/,
    );
  });

  it("answers nothing for another family", () => {
    expect(decodeSockaddr(Buffer.alloc(28, 1))).toBeNull();
  });
});
