import { describeDuration } from "../values/duration.ts";
import type { AddressConflict } from "./address-conflicts.ts";
import type { AddressPlan } from "./address-plan.ts";
import { type FieldChange, type FieldValue, kindOf } from "./field-changes.ts";
import type { AddressListPlan, CertificatePlan, ListenerPlan, ReloadPlan } from "./reload-plan.ts";

/**
 * A reload plan for a terminal: the server's part where it changes, then a line for each listener. Certificates and
 * accounts are named, never shown.
 */
export function describePlan(plan: ReloadPlan): string {
  const { system, certificates, accounts, blocked, allowed, listeners, conflicts } = plan;
  const lines = [
    ...(system.length > 0 ? [`SystemSettings: ${system.map(describeChange).join(", ")}`] : []),
    ...describeCertificates(certificates),
    ...(accounts ? ["Account: changed"] : []),
    ...describeAddressList("BlockedIp", blocked),
    ...describeAddressList("AllowedIp", allowed),
    ...listeners.map((listener) => `${listener.name}: ${describeListener(listener)}`),
    ...conflicts.map(describeConflict),
    ...(plan.isEmpty ? ["Nothing changes."] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function describeAddressList(section: string, { added, removed }: AddressListPlan): string[] {
  const entries = [...added.map(({ address }) => `+${address}`), ...removed.map(({ address }) => `-${address}`)];
  return entries.length === 0 ? [] : [`${section}: ${entries.join(", ")}`];
}

function describeListener(plan: ListenerPlan): string {
  const details = detailsOf(plan);
  return details.length === 0 ? plan.kind : `${plan.kind} (${details.join(", ")})`;
}

function detailsOf(plan: ListenerPlan): string[] {
  switch (plan.kind) {
    case "unchanged":
      return [];
    case "retuned":
      return plan.fields.map(describeChange);
    case "rebound":
      return [...describeAddresses(plan), ...plan.fields.map(describeChange)];
    case "added":
    case "removed":
      return describeAddresses(plan);
  }
}

function describeAddresses({
  added = [],
  removed = [],
  replaced = [],
  takeOver = [],
  handOver = [],
}: Partial<AddressPlan>): string[] {
  return [
    ...added.map(({ text }) => `+${text}`),
    ...removed.map(({ text }) => `-${text}`),
    ...replaced.map(({ text }) => `${text} on a new socket`),
    ...takeOver.map(({ address, from, replaced: renewed, fields }) => {
      const changes = fields.map((change) => ` with ${describeChange(change)}`).join("");
      return `${address.text} from ${from}${renewed ? " on a new socket" : changes}`;
    }),
    ...handOver.map(({ address, to }) => `${address.text} to ${to}`),
  ];
}

function describeChange({ field, from, to, needsRestart }: FieldChange): string {
  if (field === "certificates") return field;
  const late = needsRestart ? " after a restart" : "";
  if (Array.isArray(from) && Array.isArray(to)) {
    const plus = to.filter((element) => !from.includes(element)).map((element) => ` +${element}`);
    const minus = from.filter((element) => !to.includes(element)).map((element) => ` -${element}`);
    return `${field}${plus.join("")}${minus.join("")}${late}`;
  }
  return `${field} ${describeValue(field, from)} → ${describeValue(field, to)}${late}`;
}

function describeValue(field: FieldChange["field"], value: FieldValue): string {
  if (value === null) return "none";
  if (typeof value === "number" && kindOf(field) === "duration") return describeDuration(value);
  if (typeof value === "object" && "interval" in value) return `${value.count} in ${describeDuration(value.interval)}`;
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
