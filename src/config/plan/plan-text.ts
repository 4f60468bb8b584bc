import type { ConnectionRate } from "../document/listener.ts";
import type { SessionLimit, SessionLimits } from "../document/session-limits.ts";
import { describeDuration } from "../values/duration.ts";
import type { AddressConflict } from "./address-conflicts.ts";
import type { AddressPlan } from "./address-plan.ts";
import type { FieldValue } from "./comparison.ts";
import { type FieldChange, kindOf } from "./field-changes.ts";
import type { AddressListPlan, CertificatePlan, ListenerPlan, ReloadPlan } from "./reload-plan.ts";

/**
 * A reload plan for a terminal: the server's part where it changes, then a line for each listener. Certificates and
 * accounts are named, never shown.
 */
export function describePlan(plan: ReloadPlan): string {
  const { system, certificates, accounts, blocked, allowed, listeners, conflicts } = plan;
  const sets: DescribedSets = new Map();
  const describe = (change: FieldChange): string => describeChange(change, sets);
  const lines = [
    ...(system.length > 0 ? [`SystemSettings: ${system.map(describe).join(", ")}`] : []),
    ...describeCertificates(certificates),
    ...(accounts ? ["Account: changed"] : []),
    ...describeAddressList("BlockedIp", blocked),
    ...describeAddressList("AllowedIp", allowed),
    ...listeners.map((listener) => `${listener.name}: ${describeListener(listener, describe)}`),
    ...conflicts.map(describeConflict),
    ...(plan.isEmpty ? ["Nothing changes."] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many entries of each list are named: thousands of listeners may share the same networks. */
const mostNamed = 100;

function first(texts: readonly string[]): readonly string[] {
  if (texts.length <= mostNamed) return texts;
  return [...texts.slice(0, mostNamed), `and ${texts.length - mostNamed} more`];
}

function describeAddressList(section: string, { added, removed }: AddressListPlan): string[] {
  const entries = [...added.map(({ address }) => `+${address}`), ...removed.map(({ address }) => `-${address}`)];
  return entries.length === 0 ? [] : [`${section}: ${first(entries).join(", ")}`];
}

type Describe = (change: FieldChange) => string;

function describeListener(plan: ListenerPlan, describe: Describe): string {
  const details = detailsOf(plan, describe);
  return details.length === 0 ? plan.kind : `${plan.kind} (${details.join(", ")})`;
}

function detailsOf(plan: ListenerPlan, describe: Describe): string[] {
  switch (plan.kind) {
    case "unchanged":
      return [];
    case "retuned":
      return plan.fields.map(describe);
    case "rebound":
      return [...describeAddresses(plan, describe), ...plan.fields.map(describe)];
    case "added":
    case "removed":
      return describeAddresses(plan, describe);
  }
}

function describeAddresses(plan: Partial<AddressPlan>, describe: Describe): string[] {
  const { added = [], removed = [], replaced = [], takeOver = [], handOver = [] } = plan;
  return [
    ...added.map(({ text }) => `+${text}`),
    ...removed.map(({ text }) => `-${text}`),
    ...replaced.map(({ text }) => `${text} on a new socket`),
    ...takeOver.map(({ address, from, replaced: renewed, fields }) => {
      const changes = fields.map((change) => ` with ${describe(change)}`).join("");
      return `${address.text} from ${from}${renewed ? " on a new socket" : changes}`;
    }),
    ...handOver.map(({ address, to }) => `${address.text} to ${to}`),
  ];
}

/** The difference between two sets, computed once for each pair: many listeners have the server's. */
type DescribedSets = Map<FieldValue, Map<FieldValue, readonly string[]>>;

function describeChange({ field, from, to, needsRestart }: FieldChange, sets: DescribedSets): string {
  if (field === "certificates") return field;
  const late = needsRestart ? " after a restart" : "";
  if (Array.isArray(from) && Array.isArray(to)) {
    const known = sets.get(from) ?? new Map<FieldValue, readonly string[]>();
    const difference = known.get(to) ?? first(differenceOf(from, to));
    sets.set(from, known.set(to, difference));
    return `${[field, ...difference].join(" ")}${late}`;
  }
  if (kindOf(field) === "text") return `${field}${late}`;
  if (kindOf(field) === "limits") return describeLimits(from as SessionLimits, to as SessionLimits);
  return `${field} ${describeValue(field, from)} → ${describeValue(field, to)}${late}`;
}

function differenceOf(from: readonly string[], to: readonly string[]): string[] {
  const [former, current] = [new Set(from), new Set(to)];
  const plus = to.filter((element) => !former.has(element)).map((element) => `+${element}`);
  const minus = from.filter((element) => !current.has(element)).map((element) => `-${element}`);
  return [...plus, ...minus];
}

function describeLimits(from: SessionLimits, to: SessionLimits): string {
  const names = Object.keys(to) as SessionLimit[];
  const changed = names.filter((name) => from[name] !== to[name]);
  return ["limits", ...changed.map((name) => `${name} ${limitText(from[name])} → ${limitText(to[name])}`)].join(" ");
}

function limitText(limit: number | null): string {
  return limit === null ? "default" : String(limit);
}

function describeValue(field: FieldChange["field"], value: FieldValue): string {
  if (value === null) return "none";
  if (typeof value === "number" && kindOf(field) === "duration") return describeDuration(value);
  if (kindOf(field) === "rate") {
    const { count, interval } = value as ConnectionRate;
    return `${count} in ${describeDuration(interval)}`;
  }
  return String(value);
}

function describeCertificates({ added, removed, changed }: CertificatePlan): string[] {
  const parts = [
    ...added.map((id) => `+${id}`),
    ...removed.map((id) => `-${id}`),
    ...changed.map((id) => `${id} changed`),
  ];
  return parts.length > 0 ? [`Certificate: ${parts.join(", ")}`] : [];
}

function describeConflict({ listener, address, heldBy }: AddressConflict): string {
  return (
    `${listener}: needs a restart: ${address.text} cannot be bound beside ${heldBy.address.text} of ${heldBy.listener} ` +
    "while they do not both have socketReusePort"
  );
}
