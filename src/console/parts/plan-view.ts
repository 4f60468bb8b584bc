/** The plan of a reload, as the server tells it: what becomes of each listener, and of what they share. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isObject } from "../forms/patch.ts";
import { durationText } from "../forms/quantities.ts";

/** What each kind of change means for those who are connected. */
const meanings: Readonly<Record<string, string>> = {
  retuned: "keeps its sockets; new connections get the new settings",
  rebound: "listens on other addresses; connections stay",
  added: "is new",
  removed: "ends: its connections drain",
};

export function planView(plan: unknown): TemplateResult {
  if (!isObject(plan)) return html`<p>The server has not said what it does.</p>`;
  const listeners = objectsIn(plan["listeners"]).filter(({ kind }) => kind !== "unchanged");
  const shared = [...systemLines(plan), ...certificateLines(plan), ...accountLines(plan), ...addressLines(plan)];
  const conflicts = objectsIn(plan["conflicts"]);
  if (listeners.length === 0 && shared.length === 0 && conflicts.length === 0)
    return html`<p class="plan-empty">Nothing changes for the running server.</p>`;
  return html`<ul class="plan">
    ${listeners.map(listenerEntry)} ${shared.map((line) => html`<li>${line}</li>`)}
    ${conflicts.map((conflict) => html`<li class="error">${conflictText(conflict)}</li>`)}
  </ul>`;
}

function listenerEntry(listener: Record<string, unknown>): TemplateResult {
  const kind = String(listener["kind"]);
  const { connections } = listener;
  const details = [...addressTexts(listener), ...objectsIn(listener["fields"]).map(changeText)];
  return html`<li>
    <span class="kind ${kind}">${kind}</span> <strong>${String(listener["name"])}</strong> ${meanings[kind] ?? ""}${
      typeof connections === "number" ? html` <span class="none">(${connections} connected)</span>` : nothing
    }
    ${details.length > 0 ? html`<ul>${details.map((detail) => html`<li>${detail}</li>`)}</ul>` : nothing}
  </li>`;
}

function addressTexts(listener: Record<string, unknown>): string[] {
  const texts = (name: string) => listIn(listener[name]).map(addressText);
  return [
    ...texts("added").map((text) => `+ ${text}`),
    ...texts("removed").map((text) => `− ${text}`),
    ...texts("replaced").map((text) => `${text}, on a new socket`),
    ...objectsIn(listener["takeOver"]).map(
      ({ address, from }) => `${addressText(address)}, taken over from ${String(from)}`,
    ),
    ...objectsIn(listener["handOver"]).map(
      ({ address, to }) => `${addressText(address)}, handed over to ${String(to)}`,
    ),
  ];
}

function addressText(address: unknown): string {
  return isObject(address) ? String(address["text"] ?? JSON.stringify(address)) : String(address);
}

function changeText({ field, from, to, needsRestart }: Record<string, unknown>): string {
  if (field === "certificates") return "other certificates";
  const late = needsRestart === true ? ", after a restart" : "";
  return `${String(field)}: ${valueText(String(field), from)} → ${valueText(String(field), to)}${late}`;
}

function valueText(field: string, value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return /timeout$/i.test(field) ? durationText(value) : String(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(addressText).join(", ");
  if (isObject(value))
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${String(inner)}`)
      .join(", ");
  return String(value);
}

function systemLines({ system }: Record<string, unknown>): string[] {
  return objectsIn(system).map((change) => `General settings, ${changeText(change)}`);
}

function certificateLines({ certificates }: Record<string, unknown>): string[] {
  return differenceLines("Certificates", certificates);
}

function addressLines({ blocked, allowed }: Record<string, unknown>): string[] {
  return [...differenceLines("Blocked addresses", blocked), ...differenceLines("Allowed addresses", allowed)];
}

function accountLines({ accounts }: Record<string, unknown>): string[] {
  return accounts === true ? ["Accounts change"] : [];
}

const mostNamed = 8;

function differenceLines(what: string, difference: unknown): string[] {
  if (!isObject(difference)) return [];
  const signs = { added: "+", removed: "−", changed: "changed:" } as const;
  return Object.entries(signs).flatMap(([name, sign]) => {
    const entries = listIn(difference[name]).map((entry) =>
      isObject(entry) ? String(entry["address"]) : String(entry),
    );
    if (entries.length === 0) return [];
    const more = entries.length > mostNamed ? ` and ${entries.length - mostNamed} more` : "";
    return [`${what} ${sign} ${entries.slice(0, mostNamed).join(", ")}${more}`];
  });
}

function conflictText({ listener, address, heldBy }: Record<string, unknown>): string {
  const holder = isObject(heldBy) ? ` beside ${String(heldBy["listener"])}` : "";
  return `${String(listener)} needs a restart: ${addressText(address)} cannot be bound${holder}.`;
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  return listIn(value).filter(isObject);
}
