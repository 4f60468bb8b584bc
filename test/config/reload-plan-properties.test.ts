import fc from "fast-check";
import { expect, test } from "vitest";
import { ipv6OnlyIn } from "../../src/config/addresses/ipv6-only.ts";
import { parseDocument } from "../../src/config/document/document.ts";
import type { Configuration } from "../../src/config/document/effective.ts";
import type { ListenerSettings } from "../../src/config/document/listener.ts";
import { serializeDocument } from "../../src/config/document/serialize.ts";
import type { FieldChange } from "../../src/config/plan/field-changes.ts";
import { type ListenerPlan, planReload, type ReloadPlan } from "../../src/config/plan/reload-plan.ts";
import { configurationPairs, configurations } from "./configuration-pairs.ts";

test("from a configuration to itself there is nothing to do, however it is written", () => {
  fc.assert(
    fc.property(configurations, (configuration) => {
      const written = parseDocument(serializeDocument(configuration), { protocols: ["echo"], directory: "/elsewhere" });
      for (const after of [configuration, written]) {
        const plan = planReload(configuration, after);
        expect(plan).toMatchObject({ isEmpty: true, system: [], accounts: false, conflicts: [] });
        expect(plan.listeners).toEqual(configuration.listeners.map(({ name }) => ({ name, kind: "unchanged" })));
      }
    }),
  );
});

test("carrying out the plan makes the configuration before into the one after", () => {
  fc.assert(
    fc.property(configurationPairs, ([before, after]) => {
      const plan = planReload(before, after);
      expect(carriedOut(before, plan, after)).toEqual(comparable(after));
      expect(plan.isEmpty).toBe(
        JSON.stringify(sorted(comparable(before))) === JSON.stringify(sorted(comparable(after))) &&
          plan.listeners.every(({ kind }) => kind === "unchanged"),
      );
    }),
  );
});

test("carrying out the plan leaves the sockets that the configuration after asks for, and moves those that go on", () => {
  fc.assert(
    fc.property(configurationPairs, ([before, after]) => {
      const sockets = movedSockets(before, planReload(before, after), ipv6OnlyIn(after));
      const isIpv6Only = ipv6OnlyIn(after);
      const wanted = after.listeners.flatMap(({ name, bind }) =>
        bind.map((address) => `${name} ${address.text} ${isIpv6Only(address)}`),
      );
      expect(sockets.toSorted()).toEqual(wanted.toSorted());
    }),
  );
});

test("no address of both documents is bound or closed, and none is left out", () => {
  fc.assert(
    fc.property(configurationPairs, ([before, after]) => {
      const { listeners } = planReload(before, after);
      const old = countsOf(before.listeners.flatMap(({ bind }) => bind));
      const current = countsOf(after.listeners.flatMap(({ bind }) => bind));
      const added = countsOf(listeners.flatMap((plan) => ("added" in plan ? plan.added : [])));
      const removed = countsOf(listeners.flatMap((plan) => ("removed" in plan ? plan.removed : [])));
      for (const text of new Set([...old.keys(), ...current.keys()])) {
        const difference = (current.get(text) ?? 0) - (old.get(text) ?? 0);
        expect([text, added.get(text) ?? 0, removed.get(text) ?? 0]).toEqual([
          text,
          Math.max(0, difference),
          Math.max(0, -difference),
        ]);
      }
    }),
  );
});

function countsOf(addresses: readonly { readonly text: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of addresses) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** The effective settings, without the order of sets and without where a listener has its networks from. */
function comparable({ listeners, system, certificates, accounts, blocked, allowed }: Configuration) {
  return {
    listeners: listeners.map(({ overrideProxyTrustedNetworks: _, ...listener }) => setsSorted(listener)),
    system: setsSorted(system),
    certificates,
    accounts: Map.groupBy(accounts.map(setsSorted), ({ address }) => address),
    blocked: blocked.map((entry) => JSON.stringify(entry)).toSorted(),
    allowed: allowed.map((entry) => JSON.stringify(entry)).toSorted(),
  };
}

function setsSorted<Settings extends object>(settings: Settings): Settings {
  const entries = Object.entries(settings).map(([field, value]) => {
    if (field === "bind") return [field, value.map(({ text }: { text: string }) => text).toSorted()];
    return [field, Array.isArray(value) ? value.toSorted() : value];
  });
  return Object.fromEntries(entries);
}

function sorted({ listeners, certificates, accounts, ...rest }: ReturnType<typeof comparable>) {
  const byName = listeners.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...rest,
    listeners: byName,
    certificates: certificates.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    accounts: [...accounts].toSorted(),
  };
}

/** What is added is looked up in the configuration after; everything else is what the plan says. */
function carriedOut(before: Configuration, plan: ReloadPlan, after: Configuration) {
  const staying = before.certificates.filter(({ id }) => !plan.certificates.removed.includes(id));
  const ids = [...staying.map(({ id }) => id), ...plan.certificates.added];
  const given = comparable({
    ...after,
    listeners: plan.listeners.flatMap((listener) => carriedOutListener(listener, { before, after })),
    system: withFields(before.system, plan.system),
    accounts: plan.accounts ? after.accounts : before.accounts,
    blocked: carriedOutAddresses(before.blocked, plan.blocked),
    allowed: carriedOutAddresses(before.allowed, plan.allowed),
  });
  expect(new Set(ids)).toEqual(new Set(after.certificates.map(({ id }) => id)));
  for (const certificate of staying) {
    if (plan.certificates.changed.includes(certificate.id)) continue;
    expect(after.certificates).toContainEqual(certificate);
  }
  return given;
}

function carriedOutAddresses(before: Configuration["blocked"], { added, removed }: ReloadPlan["blocked"]) {
  return [...before.filter((entry) => !removed.includes(entry)), ...added];
}

function carriedOutListener(
  plan: ListenerPlan,
  { before, after }: { readonly before: Configuration; readonly after: Configuration },
): ListenerSettings[] {
  const find = ({ listeners }: Configuration) => listeners.filter(({ name }) => name === plan.name);
  const moved = (address: { readonly address: ListenerSettings["bind"][number] }) => address.address;
  switch (plan.kind) {
    case "unchanged":
      return find(before);
    case "retuned":
      return find(before).map((listener) => withFields(listener, plan.fields));
    case "rebound": {
      const bind = [...plan.kept, ...plan.replaced, ...plan.added, ...plan.takeOver.map(moved)];
      return find(before).map((listener) => ({ ...withFields(listener, plan.fields), bind }));
    }
    case "added":
      return find(after).map((listener) => ({ ...listener, bind: [...plan.added, ...plan.takeOver.map(moved)] }));
    case "removed":
      return [];
  }
}

/** With the changes of its own fields; the others are about what it shares with the server. */
function withFields<Settings extends object>(settings: Settings, fields: readonly FieldChange[]): Settings {
  const own = fields.filter(({ field }) => field in settings);
  for (const { field, from } of own) expect(settings).toHaveProperty(field, from);
  return { ...settings, ...Object.fromEntries(own.map(({ field, to }) => [field, to])) };
}

/** Each socket as `listener address ipv6Only` after the plan was carried out on those of the configuration before. */
function movedSockets(before: Configuration, plan: ReloadPlan, isIpv6Only: ReturnType<typeof ipv6OnlyIn>): string[] {
  const wasIpv6Only = ipv6OnlyIn(before);
  const open = before.listeners.flatMap(({ name, bind }) =>
    bind.map((address) => ({ name, text: address.text, ipv6Only: wasIpv6Only(address) })),
  );
  const take = (name: string, text: string) => {
    const index = open.findIndex((socket) => socket.name === name && socket.text === text);
    const [socket] = index < 0 ? [] : open.splice(index, 1);
    if (!socket) throw new Error(`${name} has no socket on ${text}`);
    return socket;
  };
  const sockets = plan.listeners.flatMap((listener) => {
    const { name } = listener;
    const { kept, replaced, added, removed, takeOver } = { ...NONE, ...listener };
    for (const { text } of [...replaced, ...removed]) take(name, text);
    return [
      ...kept.map(({ text }) => take(name, text)),
      ...[...added, ...replaced].map((address) => ({ name, text: address.text, ipv6Only: isIpv6Only(address) })),
      ...takeOver.map(({ address, from, replaced: renewed }) => {
        const socket = take(from, address.text);
        return { ...socket, name, ...(renewed ? { ipv6Only: isIpv6Only(address) } : {}) };
      }),
    ];
  });
  const untouched = new Set(
    plan.listeners.filter(({ kind }) => kind === "unchanged" || kind === "retuned").map(({ name }) => name),
  );
  expect(open.filter(({ name }) => !untouched.has(name))).toEqual([]);
  return [...sockets, ...open].map(({ name, text, ipv6Only }) => `${name} ${text} ${ipv6Only}`);
}

const NONE = { kept: [], replaced: [], added: [], removed: [], takeOver: [] };
