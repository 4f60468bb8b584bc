import { expect, test } from "vitest";
import { readClients, readTrustedProxy } from "../../../src/config/addresses/clients.ts";

test.each([
  ["unix:", "unix:"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["fd:4ed:a7d4::59ae:5a", "fd:4ed:a7d4::59ae:5a"],
])("%s is the trusted proxy %s", (text, proxy) => {
  expect(readTrustedProxy(text)).toEqual({ ok: true, value: proxy });
});

test.each([
  ["unix:/run/proxy.sock", "overrideProxyTrustedNetworks"],
  ["unix", 'must be "unix:"'],
  ["fd:3", 'must be "unix:"'],
  ["proxy.example", 'or "unix:" for whoever connects'],
  ["10.0.0.0/33", "prefix length from 0 to 32"],
  ["fe80::1%eth0", "must not name an interface"],
])("%s is none, with the reason that it %s", (text, reason) => {
  expect(readTrustedProxy(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});

test.each([
  ["unix:", "unix:"],
  ["unix", "unix:"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["fd::1", "fd::1"],
])("%s means the clients %s", (text, clients) => {
  expect(readClients(text)).toEqual({ ok: true, value: clients });
});

test.each([
  ["unix:/run/lmtp.sock", "name its listener"],
  ["fd:3", "name its listener"],
  ["client.example", 'or "unix:" for whoever connects'],
  ["10.0.0.0/33", "prefix length from 0 to 32"],
])("%s means nobody, with the reason that it %s", (text, reason) => {
  expect(readClients(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});
