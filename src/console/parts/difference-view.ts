/** The difference of two documents, as one reads it in a file: what has gone, and what has come. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isObject } from "../forms/patch.ts";
import type { FieldDifference, ObjectDifference, ReloadDetails } from "../wire/reloads.ts";

export function differenceView({ difference, omitted }: ReloadDetails): TemplateResult | typeof nothing {
  if (difference === null) return nothing;
  const objects = Object.entries(difference);
  if (objects.length === 0) return html`<p class="none">The document itself is as it was before.</p>`;
  return html`<div class="difference" role="group" aria-label="Difference of the documents">
    ${objects.map(([name, object]) => objectView(name, object))}
    ${omitted > 0 ? html`<p class="none">and ${omitted} more objects</p>` : nothing}
  </div>`;
}

function objectView(name: string, { kind, fields }: ObjectDifference): TemplateResult {
  return html`<div class="object-difference">
    <p><span class="kind ${kinds[kind]}">${kind}</span> <code>${name.replace(/^x:/, "")}</code></p>
    ${Object.entries(fields).map(([field, change]) => fieldLines(field, change))}
  </div>`;
}

const kinds = { created: "added", updated: "retuned", destroyed: "removed" } as const;

function fieldLines(field: string, { from, to, isSecret }: FieldDifference): TemplateResult {
  if (isSecret) return html`<p class="line changed"><span aria-hidden="true">±</span> ${field}: another secret</p>`;
  return html`${from === null ? nothing : html`<p class="line gone"><span class="unseen">before:</span><span aria-hidden="true">−</span> ${field}: ${textOf(from)}</p>`}
  ${to === null ? nothing : html`<p class="line come"><span class="unseen">now:</span><span aria-hidden="true">+</span> ${field}: ${textOf(to)}</p>`}`;
}

/** Sets are maps to true. */
function textOf(value: unknown): string {
  if (!isObject(value)) return String(value);
  const names = Object.keys(value);
  if (names.length > 0 && names.every((name) => value[name] === true)) return names.join(", ");
  return JSON.stringify(value);
}
