/** Which inherited socket an address of the document stands for. */
import { expect, test } from "vitest";
import { Descriptor } from "../../../src/runtime/sockets/descriptor.ts";
import { InheritedSockets, inheritedText } from "../../../src/runtime/sockets/inherited-sockets.ts";
import { realLibc, targetOf } from "./loopback.ts";

const descriptor = new Descriptor(await realLibc(), -1);
const socket = (address: string, port: number, ipv6Only = false) => {
  const family = address.includes(":") ? (6 as const) : (4 as const);
  return { address: { address, port, family }, ipv6Only, name: null, descriptor };
};
const inherited = (...sockets: ReturnType<typeof socket>[]) => new InheritedSockets(sockets);

test.each([
  ["0.0.0.0", 25, "0.0.0.0", true],
  ["::", 25, "::", true],
  ["2001:db8::1", 25, "2001:db8:0:0:0:0:0:1", true],
  ["127.0.0.1", 25, "0.0.0.0", false],
  ["::", 25, "0.0.0.0", false],
  ["0.0.0.0", 25, "::", false],
  ["127.0.0.1", 26, "127.0.0.1", false],
])("a socket of %s port %i for %s on port 25: %s", (...[address, port, host, isFound]) => {
  expect(inherited(socket(address, port)).find(targetOf(host, 25)) !== undefined).toBe(isFound);
});

test("port 0 asks for a free port, and never for an inherited socket", () => {
  expect(inherited(socket("127.0.0.1", 25)).find(targetOf("127.0.0.1", 0))).toBeUndefined();
});

test.each([
  [socket("::", 25), "0.0.0.0", false, true],
  [socket("::", 25, true), "0.0.0.0", false, false],
  [socket("0.0.0.0", 25), "::", false, true],
  [socket("0.0.0.0", 25), "::", true, false],
  [socket("0.0.0.0", 25), "127.0.0.1", false, true],
  [socket("127.0.0.1", 25), "::", false, true],
  [socket("127.0.0.1", 25), "127.0.0.2", false, false],
  [socket("::", 26), "0.0.0.0", false, false],
])("%j is in the way of %s (IPv6 only: %s): %s", (...[one, host, ipv6Only, isInTheWay]) => {
  expect(inherited(one).overlapping(targetOf(host, 25, ipv6Only)) !== undefined).toBe(isInTheWay);
});

test("those that no address names are told apart, as the document would write them", () => {
  const all = inherited(socket("::", 25), socket("127.0.0.1", 587), socket("127.0.0.2", 587));
  const unnamed = all.unnamed([targetOf("::", 25), targetOf("127.0.0.2", 587), targetOf("127.0.0.3", 0)]);
  expect(unnamed.map(inheritedText)).toEqual(["127.0.0.1:587"]);
  expect(inheritedText(socket("::", 25))).toBe("[::]:25");
});
