import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { describePlan } from "../../../src/config/plan/plan-text.ts";
import { planReload } from "../../../src/config/plan/reload-plan.ts";
import { configurationPairs } from "../configuration-pairs.ts";
import { mailServer } from "../documents.ts";

function described(before: unknown, after: unknown): string[] {
  return describePlan(planReload(parseDocument(before), parseDocument(after))).split("\n");
}

test("where nothing changes, each listener says so and so does the end", () => {
  expect(described(mailServer, mailServer)).toEqual([
    "smtp: unchanged",
    "submission: unchanged",
    "submissions: unchanged",
    "management: unchanged",
    "Nothing changes.",
    "",
  ]);
});

test("each listener has a line with what becomes of it", () => {
  const smtp = { name: "smtp", bind: ["[::]:25", "127.0.0.1:2525"] };
  const before = [
    smtp,
    { name: "imap", bind: ["[::]:143"], maxConnections: 100 },
    { name: "submission", bind: ["127.0.0.1:587"], connectionRate: { count: 5, interval: "1m" } },
    { name: "lmtp", bind: ["127.0.0.1:24"] },
    { name: "mail", bind: ["127.0.0.1:26"] },
  ];
  const after = [
    { ...smtp, bind: ["[::]:25"] },
    { name: "imap", bind: ["[::]:143"], maxConnections: 50, tlsTimeout: "90s", tlsDisableProtocols: ["tls12"] },
    { name: "submission", bind: ["[::]:587"], socketTtl: 9 },
    { name: "pop3", bind: ["127.0.0.1:110", "127.0.0.1:2525"], socketTtl: 7 },
    { name: "post", bind: ["127.0.0.1:26", "0.0.0.0:25"] },
  ];
  expect(described(before, after)).toEqual([
    "smtp: rebound ([::]:25 on a new socket, 127.0.0.1:2525 to pop3)",
    "imap: retuned (maxConnections 100 → 50, tlsTimeout 1 minute → 90 seconds, tlsDisableProtocols +tls12)",
    "submission: rebound (+[::]:587, -127.0.0.1:587, socketTtl none → 9, connectionRate 5 in 1 minute → none)",
    "pop3: added (+127.0.0.1:110, 127.0.0.1:2525 from smtp with socketTtl none → 7)",
    "post: added (+0.0.0.0:25, 127.0.0.1:26 from mail)",
    "lmtp: removed (-127.0.0.1:24)",
    "mail: removed (127.0.0.1:26 to post)",
    "",
  ]);
});

test("what needs a restart is said", () => {
  const before = [{ name: "a", bind: ["[::]:25"] }];
  const after = [{ name: "a", bind: ["[::]:25", "127.0.0.1:26"], socketReusePort: false }];
  expect(described(before, after)[0]).toBe("a: rebound (+127.0.0.1:26, socketReusePort true → false after a restart)");
  const narrowed = [{ name: "b", bind: ["[::1]:25"], socketReusePort: false }];
  expect(described(before, narrowed)[2]).toBe(
    "b: needs a restart: [::1]:25 cannot be bound beside [::]:25 of a while they do not both have socketReusePort",
  );
});

test("the server's own settings, certificates and accounts come first, without a secret", () => {
  const leak = (text: string) => ({ "@type": "Text", secret: `hunter2 ${text}` });
  const certificate = (text: string) => ({ certificate: leak(text), privateKey: leak(text) });
  const before = {
    SystemSettings: { defaultHostname: "a.example", proxyTrustedNetworks: ["10.0.0.1"] },
    Certificate: { main: certificate("1"), old: certificate("1") },
    Account: { "a@b.example": { secret: leak("1") } },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:25"] }],
  };
  const after = {
    ...before,
    SystemSettings: { defaultHostname: "b.example", defaultCertificateId: "new", proxyTrustedNetworks: ["10.0.0.2"] },
    Certificate: { main: certificate("2"), new: certificate("2") },
    Account: { "a@b.example": { secret: leak("2") } },
  };
  const lines = described(before, after);
  const networks = "proxyTrustedNetworks +10.0.0.2 -10.0.0.1";
  const shared = "defaultHostname a.example → b.example, defaultCertificateId none → new";
  expect(lines).toEqual([
    `SystemSettings: ${shared}, ${networks}`,
    "Certificate: +new, -old, main changed",
    "Account: changed",
    `smtp: retuned (${networks}, ${shared}, certificates)`,
    "",
  ]);
  expect(lines.join()).not.toContain("hunter2");
});

test("every plan can be put into words, with a line for each listener of either configuration", () => {
  fc.assert(
    fc.property(configurationPairs, ([before, after]) => {
      const text = describePlan(planReload(before, after));
      for (const { name } of [...before.listeners, ...after.listeners]) {
        const lines = text.split("\n").filter((line) => new RegExp(`^${name}: (?!needs)`).test(line));
        expect(lines).toHaveLength(1);
      }
      expect(text).not.toMatch(/undefined|\[object|null/);
    }),
  );
});
