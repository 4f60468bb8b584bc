import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import type { Configuration } from "../../../src/config/document/effective.ts";
import { type ListenerPlan, planReload, type ReloadPlan } from "../../../src/config/plan/reload-plan.ts";
import { mailServer } from "../documents.ts";

const fromFile = (filePath: string) => ({ "@type": "File", filePath });
const certificate = (name: string) => ({
  certificate: fromFile(`${name}.crt`),
  privateKey: fromFile(`${name}.key`),
});

function plan(before: unknown, after: unknown): ReloadPlan {
  return planReload(parseDocument(before), parseDocument(after));
}

/** The plan of the listener `a`, which has these fields. */
function planOf(before: Record<string, unknown>, after: Record<string, unknown>): ListenerPlan | undefined {
  const document = (fields: object) => [{ name: "a", bind: ["127.0.0.1:25"], ...fields }];
  return plan(document(before), document(after)).listeners[0];
}

const kinds = ({ listeners }: ReloadPlan) => listeners.map(({ name, kind }) => `${name} ${kind}`);

/** The addresses of the plan as texts, of those lists that are not empty. */
function addressesOf(listener: ListenerPlan | undefined): Record<string, string[]> {
  if (!listener) throw new Error("there is such a listener");
  const lists = Object.entries(listener).flatMap(([list, elements]): [string, string[]][] => {
    if (list === "fields" || !Array.isArray(elements) || elements.length === 0) return [];
    return [
      [
        list,
        elements.map((element) => {
          if (!("address" in element)) return element.text;
          const { address, from, to, replaced } = element;
          return [address.text, from ? `from ${from}` : `to ${to}`, ...(replaced ? ["replaced"] : [])].join(" ");
        }),
      ],
    ];
  });
  return Object.fromEntries(lists);
}

test("the same document in another order changes nothing", () => {
  const { NetworkListener, ...rest } = mailServer;
  const reordered = { NetworkListener: NetworkListener.toReversed(), ...rest };
  expect(plan(mailServer, reordered)).toMatchObject({ isEmpty: true, system: [], conflicts: [] });
  const sets = (networks: string[]) => ({ overrideProxyTrustedNetworks: networks });
  expect(planOf(sets(["10.0.0.1", "10.0.0.2"]), sets(["10.0.0.2", "10.0.0.1"]))).toEqual({
    name: "a",
    kind: "unchanged",
  });
});

test("listeners come in the order of the document after, then the removed ones", () => {
  const listener = (name: string, port: number, fields: object = {}) => ({
    name,
    bind: [`127.0.0.1:${port}`],
    ...fields,
  });
  const before = [listener("gone", 1), listener("same", 2), listener("moved", 3), listener("tuned", 4)];
  const after = [
    listener("new", 5),
    listener("tuned", 4, { maxConnections: 2 }),
    listener("moved", 6),
    listener("same", 2),
  ];
  expect(kinds(plan(before, after))).toEqual([
    "new added",
    "tuned retuned",
    "moved rebound",
    "same unchanged",
    "gone removed",
  ]);
});

test.each([
  ["maxConnections", 100, 50],
  ["tlsTimeout", 1_000, 2_000],
  ["tlsDisableProtocols", [], ["tls12"]],
  ["protocol", "smtp", "lmtp"],
  ["tlsImplicit", false, true],
  ["useTls", true, false],
  ["atCapacity", "reject", "hold"],
  ["connectionRate", null, { count: 3, interval: 1_000 }],
  ["socketTtl", null, 64],
  ["socketBacklog", 1024, 10],
  ["socketReusePort", false, true],
])("a changed %s is retuned on the same sockets", (field, from, to) => {
  expect(planOf({ [field]: from }, { [field]: to })).toEqual({
    name: "a",
    kind: "retuned",
    fields: [{ field, from, to }],
  });
});

test("sharing a port can only be given up by a restart, unless all the listener's addresses are new", () => {
  const change = { field: "socketReusePort", from: true, to: false };
  expect(planOf({}, { socketReusePort: false })).toMatchObject({ fields: [{ ...change, needsRestart: true }] });
  expect(planOf({}, { socketReusePort: false, bind: ["127.0.0.1:26"] })).toMatchObject({
    kind: "rebound",
    fields: [change],
  });
  expect(planOf({}, { socketReusePort: false, bind: ["127.0.0.1:26"] })).not.toHaveProperty("fields[0].needsRestart");
});

test("what a listener takes from the server is compared as it is in force", () => {
  const bind = ["127.0.0.1:25"];
  const document = (system: object, fields: object = {}) => ({
    SystemSettings: { defaultHostname: "a.example", ...system },
    NetworkListener: [
      { name: "follows", bind: ["127.0.0.1:26"] },
      { name: "own", bind, ...fields },
    ],
  });
  const own = { maxConnections: 5, overrideProxyTrustedNetworks: ["10.0.0.1"] };
  const changed = plan(document({}, own), document({ maxConnections: 7, proxyTrustedNetworks: ["10.0.0.2"] }, own));
  expect(changed.listeners).toEqual([
    {
      name: "follows",
      kind: "retuned",
      fields: [
        { field: "maxConnections", from: 8192, to: 7 },
        { field: "proxyTrustedNetworks", from: [], to: ["10.0.0.2"] },
      ],
    },
    { name: "own", kind: "unchanged" },
  ]);
  expect(changed.system.map(({ field }) => field)).toEqual(["maxConnections", "proxyTrustedNetworks"]);
  const spelledOut = plan(document({}), document({}, { maxConnections: 8192 }));
  expect(spelledOut.isEmpty).toBe(true);
});

test("another default host name retunes every listener; another drain time, none", () => {
  const fields = [{ field: "defaultHostname", from: "mail.example.com", to: "mx.example.com" }];
  const renamed = plan(mailServer, { ...mailServer, SystemSettings: { defaultHostname: "mx.example.com" } });
  expect(renamed.listeners.map((listener) => "fields" in listener && listener.fields)).toEqual(
    Array.from({ length: 4 }, () => fields),
  );
  const system = { ...mailServer.SystemSettings, drainTimeout: "5s" };
  const slower = plan(mailServer, { ...mailServer, SystemSettings: system });
  expect(slower.system).toEqual([{ field: "drainTimeout", from: 30_000, to: 5_000 }]);
  expect(new Set(slower.listeners.map(({ kind }) => kind))).toEqual(new Set(["unchanged"]));
  expect(slower.isEmpty).toBe(false);
});

test("certificates are told apart by id, and retune the listeners that may use TLS", () => {
  const { NetworkListener } = mailServer;
  const before = { NetworkListener, Certificate: { main: certificate("main"), old: certificate("old") } };
  const after = { NetworkListener, Certificate: { main: certificate("renewed"), new: certificate("new") } };
  const changed = plan(before, after);
  expect(changed.certificates).toEqual({ added: ["new"], removed: ["old"], changed: ["main"] });
  expect(changed.listeners[0]).toEqual({
    name: "smtp",
    kind: "retuned",
    fields: [{ field: "certificates", from: ["main", "old"], to: ["main", "new"] }],
  });
  expect(changed.listeners[3]).toEqual({ name: "management", kind: "unchanged" });
});

test("certificates in another order retune listeners, because the first one stands in for a default", () => {
  const [main, other] = [certificate("main"), certificate("other")];
  const listeners = [{ name: "a", bind: ["127.0.0.1:25"] }];
  const before = { NetworkListener: listeners, Certificate: { main, other } };
  const changed = plan(before, { NetworkListener: listeners, Certificate: { other, main } });
  expect(changed.listeners).toMatchObject([{ kind: "retuned", fields: [{ field: "certificates" }] }]);
  expect(changed.certificates).toEqual({ added: [], removed: [], changed: [] });
});

test("the block list changes by its entries, and one that has changed is taken out and put in again", () => {
  const before = { BlockedIp: [{ address: "192.0.2.1" }, { address: "198.51.100.0/24" }] };
  const after = { BlockedIp: [{ address: "192.0.2.1", reason: "spam" }, { address: "198.51.100.0/24" }] };
  const changed = plan(before, after);
  expect(changed.isEmpty).toBe(false);
  expect(changed.blocked).toMatchObject({
    added: [{ address: "192.0.2.1", reason: "spam" }],
    removed: [{ address: "192.0.2.1", reason: null }],
  });
  expect(plan(before, before).isEmpty).toBe(true);
});

test("a changed account is a change, another order of accounts or roles is none", () => {
  const secret = (text: string) => ({ "@type": "Text", secret: text });
  const accounts = { "a@b.example": { secret: secret("x"), roles: ["admin"] }, "c@b.example": { secret: secret("x") } };
  const reordered = Object.fromEntries(Object.entries(accounts).toReversed());
  expect(plan({ Account: accounts }, { Account: reordered }).isEmpty).toBe(true);
  const changed = plan({ Account: accounts }, { Account: { ...accounts, "c@b.example": { secret: secret("y") } } });
  expect(changed).toMatchObject({ accounts: true, isEmpty: false });
});

test("an address that comes and one that goes make a listener rebound", () => {
  const rebound = planOf({ bind: ["127.0.0.1:25", "127.0.0.1:26"] }, { bind: ["127.0.0.1:25", "[::1]:25"] });
  expect(rebound).toMatchObject({ kind: "rebound", fields: [] });
  expect(addressesOf(rebound)).toEqual({ kept: ["127.0.0.1:25"], added: ["[::1]:25"], removed: ["127.0.0.1:26"] });
});

test("a renamed listener hands its socket over, with the options that differ", () => {
  const { listeners } = plan(
    [{ name: "old", bind: ["127.0.0.1:25"], socketTtl: 5 }],
    [{ name: "new", bind: ["127.0.0.1:25"], socketReusePort: false }],
  );
  expect(listeners.map(addressesOf)).toEqual([
    { takeOver: ["127.0.0.1:25 from old"] },
    { handOver: ["127.0.0.1:25 to new"] },
  ]);
  expect(listeners[0]).toHaveProperty("takeOver[0].fields", [
    { field: "socketReusePort", from: true, to: false, needsRestart: true },
    { field: "socketTtl", from: 5, to: null },
  ]);
});

test("listeners that swap addresses swap sockets", () => {
  const { listeners } = plan({ a: 25, b: 26, c: 0 }, { a: 26, b: 25, c: 0 });
  expect(listeners.map(addressesOf)).toEqual([
    { takeOver: ["127.0.0.1:26 from b"], handOver: ["127.0.0.1:25 to b"] },
    { takeOver: ["127.0.0.1:25 from a"], handOver: ["127.0.0.1:26 to a"] },
    {},
  ]);

  function plan(before: Record<string, number>, after: Record<string, number>): ReloadPlan {
    const configured = (ports: Record<string, number>): Configuration =>
      parseDocument(Object.entries(ports).map(([name, port]) => ({ name, bind: [`127.0.0.1:${port}`] })));
    return planReload(configured(before), configured(after));
  }
});

test("a free port that was found goes on, at the same listener or at its successor", () => {
  const listener = (name: string) => ({ name, bind: ["127.0.0.1:0"] });
  expect(plan([listener("a")], [listener("a")]).isEmpty).toBe(true);
  const { listeners } = plan([listener("a"), listener("b")], [listener("a"), listener("c"), listener("d")]);
  expect(listeners.map(addressesOf)).toEqual([
    {},
    { takeOver: ["127.0.0.1:0 from b"] },
    { added: ["127.0.0.1:0"] },
    { handOver: ["127.0.0.1:0 to c"] },
  ]);
});

test("the socket of [::] is replaced when 0.0.0.0 comes or goes beside it, whoever has that", () => {
  const dual = { name: "a", bind: ["[::]:25", "[::]:26"] };
  const ipv4 = { name: "b", bind: ["0.0.0.0:25"] };
  for (const { listeners } of [plan([dual], [dual, ipv4]), plan([dual, ipv4], [dual])]) {
    expect(listeners[0]?.kind).toBe("rebound");
    expect(addressesOf(listeners[0])).toEqual({ kept: ["[::]:26"], replaced: ["[::]:25"] });
  }
  const moved = plan([dual], [{ ...dual, name: "c" }, ipv4]);
  expect(addressesOf(moved.listeners[0])).toEqual({ takeOver: ["[::]:25 from a replaced", "[::]:26 from a"] });
  expect(moved.conflicts).toEqual([]);
});

test("free ports of [::] and 0.0.0.0 have nothing to do with each other", () => {
  expect(addressesOf(planOf({ bind: ["[::]:0"] }, { bind: ["[::]:0", "0.0.0.0:0"] }))).toEqual({
    kept: ["[::]:0"],
    added: ["0.0.0.0:0"],
  });
});

test.each([
  ["127.0.0.1:25", "[::]:25"],
  ["[::]:25", "[::1]:25"],
  ["0.0.0.0:25", "127.0.0.1:25"],
  ["0.0.0.0:25", "[::]:25"],
])("%s is in the way of %s where sockets do not share their port", (held, wanted) => {
  const conflictsWith = (wasShared: boolean, isShared: boolean) =>
    plan(
      [{ name: "old", bind: [held], socketReusePort: wasShared }],
      [{ name: "new", bind: [wanted], socketReusePort: isShared }],
    ).conflicts.map(({ listener, address, heldBy }) => [listener, address.text, heldBy.listener, heldBy.address.text]);
  expect(conflictsWith(true, true)).toEqual([]);
  expect(conflictsWith(true, false)).toEqual([["new", wanted, "old", held]]);
  expect(conflictsWith(false, true)).toEqual([["new", wanted, "old", held]]);
});

test("a socket that must be replaced and shares no port is in its own way", () => {
  const dual = { name: "a", bind: ["[::]:25"], socketReusePort: false };
  const conflicts = plan([dual], [dual, { name: "b", bind: ["0.0.0.0:25"] }]).conflicts;
  expect(conflicts.map(({ listener, heldBy }) => [listener, heldBy.listener])).toEqual([
    ["a", "a"],
    ["b", "a"],
  ]);
});

test("addresses that the kernel tells apart are in nobody's way", () => {
  const { conflicts } = plan(
    [{ name: "old", bind: ["127.0.0.1:25", "[::1]:26", "0.0.0.0:28"], socketReusePort: false }],
    [{ name: "new", bind: ["127.0.0.2:25", "0.0.0.0:26", "127.0.0.1:27", "[::1]:28"], socketReusePort: false }],
  );
  expect(conflicts).toEqual([]);
});
