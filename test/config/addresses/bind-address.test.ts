import fc from "fast-check";
import { expect, test } from "vitest";
import { readBindAddress } from "../../../src/config/addresses/bind-address.ts";

test.each([
  ["127.0.0.1:25", { text: "127.0.0.1:25", host: "127.0.0.1", family: 4, port: 25 }],
  ["0.0.0.0:0", { text: "0.0.0.0:0", host: "0.0.0.0", family: 4, port: 0 }],
  ["[::]:65535", { text: "[::]:65535", host: "::", family: 6, port: 65_535 }],
  ["[2001:DB8:0:0::1]:25", { text: "[2001:db8::1]:25", host: "2001:db8::1", family: 6, port: 25 }],
  ["[FE80::1%eth0]:25", { text: "[fe80::1%eth0]:25", host: "fe80::1%eth0", family: 6, port: 25 }],
  ["[::ffff:127.0.0.1]:25", { text: "127.0.0.1:25", host: "127.0.0.1", family: 4, port: 25 }],
])("%s is an address to listen on", (text, address) => {
  expect(readBindAddress(text)).toEqual({ ok: true, value: address });
});

test.each([
  ["::1:25", 'must have its IPv6 address in brackets: "[::1]:25"'],
  ["fe80::1", 'must have its IPv6 address in brackets: "[fe80::1]:25"'],
  ["localhost:25", "host names are not allowed"],
  ["127.0.0.1", "must end in a port"],
  ["127.0.0.1:", "must end in a port"],
  ["[::]", "must end in a port"],
  ["127.0.0.1:65536", "port from 0 to 65535"],
  ["127.0.0.1:025", "port from 0 to 65535"],
  ["127.0.0.1:+25", "port from 0 to 65535"],
  ["127.0.0.1:2 5", "port from 0 to 65535"],
  ["25", 'for all addresses write "[::]:25"'],
  [":587", 'for all addresses write "[::]:587"'],
  ["*:587", 'for all addresses write "[::]:587"'],
  ["[127.0.0.1]:25", "an IPv4 address is written without them"],
  ["[localhost]:25", "must have an IPv6 address in its brackets"],
  ["010.0.0.1:25", "must be an IP address with a port"],
  ["256.0.0.1:25", "must be an IP address with a port"],
  ["[fe80::1]:25", "must name the interface of its link-local address"],
  ["[2001:db8::1%eth0]:25", "only link-local addresses have one"],
  ["[fe80::1%a b]:25", "must"],
])("%s is refused, and the reason says what to write", (text, reason) => {
  expect(readBindAddress(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});

test("an IPv4 address and a port are read as they are", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(65_535), (host, port) => {
      const text = `${host}:${port}`;
      expect(readBindAddress(text)).toEqual({ ok: true, value: { text, host, family: 4, port } });
    }),
  );
});

test("the canonical text of any address is read as the same address", () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.nat(65_535), (host, port) => {
      const reading = readBindAddress(`[${host}]:${port}`);
      if (!reading.ok) {
        expect(host).toMatch(/^fe[89ab]/i);
        return;
      }
      expect(reading.value.port).toBe(port);
      expect(readBindAddress(reading.value.text)).toEqual(reading);
    }),
  );
});

test("no text makes reading an address throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\[?[\d:.%a-f]*\]?:?\d*$/)), (text) => {
      expect(typeof readBindAddress(text).ok).toBe("boolean");
    }),
  );
});
