import { isDeepStrictEqual } from "node:util";
import type { BindAddress } from "../addresses/bind-address.ts";
import type { AccountSettings } from "../document/account.ts";
import type { CertificateSettings } from "../document/certificate.ts";
import type { Configuration } from "../document/effective.ts";
import type { ListedIpSettings } from "../document/listed-ip.ts";
import { type AddressConflict, findConflicts } from "./address-conflicts.ts";
import { type AddressPlan, type HandOver, planAddresses, type TakeOver } from "./address-plan.ts";
import { Comparison } from "./comparison.ts";
import {
  type FieldChange,
  type ListenerField,
  listenerChanges,
  onLiveSocket,
  type SystemField,
  sharedChanges,
  systemChanges,
} from "./field-changes.ts";

/** What happens to one listener. */
export type ListenerPlan = { readonly name: string } & (
  | { readonly kind: "unchanged" }
  /** The same sockets with other settings, which apply from the next connection or handshake on. */
  | { readonly kind: "retuned"; readonly fields: readonly FieldChange<ListenerField>[] }
  | ({ readonly kind: "rebound"; readonly fields: readonly FieldChange<ListenerField>[] } & AddressPlan)
  | { readonly kind: "added"; readonly added: readonly BindAddress[]; readonly takeOver: readonly TakeOver[] }
  | { readonly kind: "removed"; readonly removed: readonly BindAddress[]; readonly handOver: readonly HandOver[] }
);

/** Certificates by id. A changed one refers to other files or texts; the contents of its files are not compared. */
export interface CertificatePlan {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Entries of `BlockedIp` or `AllowedIp`; a changed one is in both. */
export interface AddressListPlan {
  readonly added: readonly ListedIpSettings[];
  readonly removed: readonly ListedIpSettings[];
}

/** The steps from one configuration to another. Holds no secret. */
export interface ReloadPlan {
  /** In the order of the new document; then the removed ones. */
  readonly listeners: readonly ListenerPlan[];
  readonly system: readonly FieldChange<SystemField>[];
  readonly certificates: CertificatePlan;
  /** Whether anything about the accounts has changed. */
  readonly accounts: boolean;
  readonly blocked: AddressListPlan;
  readonly allowed: AddressListPlan;
  /** Where the plan cannot be carried out without a gap: such a reload needs a restart. */
  readonly conflicts: readonly AddressConflict[];
  /** There is nothing to do. */
  readonly isEmpty: boolean;
}

/**
 * The difference between two configurations, as steps to carry out. Listeners are matched by name; their
 * addresses and settings are compared by their effective values, and the order of listeners and of sets has no meaning.
 */
export function planReload(before: Configuration, after: Configuration): ReloadPlan {
  const addresses = planAddresses(before, after);
  const listeners = planListeners(before, after, addresses);
  const system = systemChanges(before.system, after.system);
  const certificates = planCertificates(before.certificates, after.certificates);
  const accounts = !areSameAccounts(before.accounts, after.accounts);
  const blocked = planAddressList(before.blocked, after.blocked);
  const allowed = planAddressList(before.allowed, after.allowed);
  const isEmpty =
    listeners.every(({ kind }) => kind === "unchanged") &&
    system.length === 0 &&
    Object.values(certificates).every((ids) => ids.length === 0) &&
    !accounts &&
    [blocked, allowed].every(({ added, removed }) => added.length === 0 && removed.length === 0);
  const conflicts = findConflicts(before, after, addresses);
  return { listeners, system, certificates, accounts, blocked, allowed, conflicts, isEmpty };
}

function planListeners(
  before: Configuration,
  after: Configuration,
  addresses: ReadonlyMap<string, AddressPlan>,
): ListenerPlan[] {
  const compared = new Comparison();
  const sharedOf = sharedChanges(before, after);
  const former = new Map(before.listeners.map((listener) => [listener.name, listener]));
  const staying = new Set(after.listeners.map(({ name }) => name));
  const planOf = (name: string): AddressPlan => addresses.get(name) ?? NO_ADDRESSES;
  const current = after.listeners.map((listener): ListenerPlan => {
    const { name } = listener;
    const was = former.get(name);
    if (!was) return { name, kind: "added", added: planOf(name).added, takeOver: planOf(name).takeOver };
    const fields = listenerChanges(was, listener, compared);
    return planStaying({ name, own: fields, shared: sharedOf(listener), addresses: planOf(name) });
  });
  const removed = before.listeners
    .filter(({ name }) => !staying.has(name))
    .map(({ name }): ListenerPlan => {
      return { name, kind: "removed", removed: planOf(name).removed, handOver: planOf(name).handOver };
    });
  return [...current, ...removed];
}

const NO_ADDRESSES: AddressPlan = { kept: [], replaced: [], added: [], removed: [], takeOver: [], handOver: [] };

function planStaying(listener: {
  readonly name: string;
  readonly own: readonly FieldChange<ListenerField>[];
  readonly shared: readonly FieldChange<ListenerField>[];
  readonly addresses: AddressPlan;
}): ListenerPlan {
  const { name, own, shared, addresses } = listener;
  const stays = addresses.kept.length > 0 || addresses.replaced.length > 0;
  const fields = [...(stays ? onLiveSocket(own) : own), ...shared];
  const { kept: _, ...moves } = addresses;
  if (Object.values(moves).some((list) => list.length > 0)) return { name, kind: "rebound", fields, ...addresses };
  return fields.length > 0 ? { name, kind: "retuned", fields } : { name, kind: "unchanged" };
}

function planCertificates(
  before: readonly CertificateSettings[],
  after: readonly CertificateSettings[],
): CertificatePlan {
  const former = new Map(before.map((certificate) => [certificate.id, certificate]));
  const current = new Set(after.map(({ id }) => id));
  const ids = (certificates: readonly CertificateSettings[]): string[] => certificates.map(({ id }) => id);
  return {
    added: ids(after.filter(({ id }) => !former.has(id))),
    removed: ids(before.filter(({ id }) => !current.has(id))),
    changed: ids(
      after.filter((certificate) => {
        const was = former.get(certificate.id);
        return was !== undefined && !isDeepStrictEqual(was, certificate);
      }),
    ),
  };
}

/** An address occurs in a list once. */
function planAddressList(before: readonly ListedIpSettings[], after: readonly ListedIpSettings[]): AddressListPlan {
  const without = (entries: readonly ListedIpSettings[], others: readonly ListedIpSettings[]) => {
    const known = new Map(others.map((other) => [other.address, other]));
    return entries.filter(({ address, expiresAt, reason }) => {
      const other = known.get(address);
      return other?.expiresAt !== expiresAt || other.reason !== reason;
    });
  };
  return { added: without(after, before), removed: without(before, after) };
}

/** Regardless of order. */
function areSameAccounts(before: readonly AccountSettings[], after: readonly AccountSettings[]): boolean {
  if (before.length !== after.length) return false;
  const known = new Map(before.map((account) => [account.address, account]));
  return after.every(({ address, secret, roles }) => {
    const was = known.get(address);
    return was !== undefined && areSameRoles(was.roles, roles) && isDeepStrictEqual(was.secret, secret);
  });
}

function areSameRoles(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((role) => other.includes(role));
}
