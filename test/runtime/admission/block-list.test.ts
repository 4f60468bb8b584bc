import { BlockList as NodeBlockList } from "node:net";
import { assert, ipV4, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { BlockedAddressError, BlockList } from "../../../src/runtime/admission/block-list.ts";

const list = (clock = new SimulatedClock()) => new BlockList(clock);

describe("a block list", () => {
  test("finds addresses and networks of both families, and mapped addresses as IPv4", () => {
    const blocks = list();
    for (const address of ["192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "2001:db9::1", "::ffff:198.51.100.7"])
      blocks.add({ address });
    const found = (address: string) => blocks.find(address)?.address ?? null;
    expect(found("192.0.2.1")).toBe("192.0.2.1");
    expect(found("192.0.2.2")).toBeNull();
    expect(found("10.255.0.1")).toBe("10.0.0.0/8");
    expect(found("2001:db8:1::1")).toBe("2001:db8::/32");
    expect(found("2001:db9::1")).toBe("2001:db9::1");
    expect(found("2001:db9::2")).toBeNull();
    expect(found("198.51.100.7")).toBe("198.51.100.7");
    expect(found("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(found("unknown")).toBeNull();
  });

  test("agrees with Node's own on every network of IPv4", () => {
    assert(
      property(ipV4(), nat(32), ipV4(), (network, prefix, address) => {
        const blocks = list();
        blocks.add({ address: `${network}/${prefix}` });
        const theirs = new NodeBlockList();
        theirs.addSubnet(network, prefix);
        for (const each of [address, network]) expect(blocks.find(each) !== null).toBe(theirs.check(each));
      }),
    );
  });

  test("lets an address in when its time has come, and forgets it", () => {
    const clock = new SimulatedClock();
    const blocks = list(clock);
    blocks.add({ address: "192.0.2.1", expiresAt: new Date(Date.now() + 60_000), reason: "guesses passwords" });
    expect(blocks.find("192.0.2.1")?.reason).toBe("guesses passwords");
    clock.increment(59_000);
    expect(blocks.entries()).toHaveLength(1);
    clock.increment(1_000);
    expect(blocks.find("192.0.2.1")).toBeNull();
    expect(blocks.entries()).toEqual([]);
  });

  test("is not moved by a change of the system's time, back or on", () => {
    for (const change of [-3_600_000, 3_600_000]) {
      const ticking = new SimulatedClock();
      let date = Date.parse("2030-01-01T00:00:00Z");
      const blocks = list(Object.assign(ticking, { date: () => date }));
      blocks.add({ address: "192.0.2.1", expiresAt: new Date(date + 60_000) });
      date += change;
      ticking.increment(59_999);
      expect(blocks.find("192.0.2.1")).not.toBeNull();
      ticking.increment(1);
      expect(blocks.find("192.0.2.1")).toBeNull();
    }
  });

  test("replaces an entry of the same network, and takes out just the one that is named", () => {
    const blocks = list();
    blocks.add({ address: "10.1.2.3/8", reason: "first" });
    blocks.add({ address: "10.0.0.0/8", reason: "second" });
    blocks.add({ address: "10.1.2.3" });
    expect(blocks.entries().map(({ address, reason }) => [address, reason])).toEqual([
      ["10.0.0.0/8", "second"],
      ["10.1.2.3", null],
    ]);
    expect(blocks.remove("10.9.9.9/8")).toBe(true);
    expect(blocks.remove("10.0.0.0/8")).toBe(false);
    expect([blocks.find("10.1.2.3")?.address, blocks.find("10.1.2.4")]).toEqual(["10.1.2.3", null]);
  });

  test.each([{ address: "example.com" }, { address: "10.0.0.0/33" }, { address: "10.0.0.1", expiresAt: "tomorrow" }])(
    "refuses %o",
    (blocked) => {
      expect(() => list().add(blocked)).toThrow(BlockedAddressError);
    },
  );

  test("refuses Unix sockets, whose clients have no address", () => {
    for (const address of ["unix:", "unix", "unix:/run/lmtp.sock"])
      expect(() => list().add({ address })).toThrow("clients of Unix sockets have none");
  });
});
