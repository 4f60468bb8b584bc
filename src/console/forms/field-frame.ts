/** What stands around the control of a field: its label, its description, its errors. */
import { html, nothing, type TemplateResult } from "lit-html";
import { type FormContext, idOf, messagesAt, type Slot } from "./form-context.ts";

/** One control, named by its label. */
export function labelledField(context: FormContext, slot: Slot, control: TemplateResult): TemplateResult {
  const id = idOf(slot.path);
  return html`<div class="field">
    <div class="field-words">
      <label for=${id}>${slot.label}</label>
      ${descriptionOf(slot)}
    </div>
    <div class="field-control">${control} ${errorsOf(slot, messagesAt(context, slot.path))}</div>
  </div>`;
}

/** Several controls, named as a group. */
export function groupedField(
  slot: Slot,
  messages: readonly string[],
  controls: TemplateResult | readonly TemplateResult[],
): TemplateResult {
  const id = idOf(slot.path);
  return html`<div class="field" role="group" aria-labelledby="${id}:label" aria-describedby=${describedBy(slot, messages)}>
    <div class="field-words">
      <span class="label" id="${id}:label">${slot.label}</span>
      ${descriptionOf(slot)}
    </div>
    <div class="field-control" id=${id} tabindex="-1">${controls} ${errorsOf(slot, messages)}</div>
  </div>`;
}

/** What is null in a document is an empty field in a form. */
function descriptionOf({ path, description }: Slot): TemplateResult | typeof nothing {
  if (description === "") return nothing;
  return html`<p class="description" id="${idOf(path)}:description">${description.replaceAll("Null:", "Empty:")}</p>`;
}

function errorsOf({ path }: Slot, messages: readonly string[]): TemplateResult | typeof nothing {
  if (messages.length === 0) return nothing;
  return html`<p class="error" id="${idOf(path)}:error">${messages.join(" ")}</p>`;
}

/** Ids of what a screen reader adds to the name. */
export function describedBy({ path, description }: Slot, messages: readonly string[]): string | typeof nothing {
  const ids = [
    ...(messages.length > 0 ? [`${idOf(path)}:error`] : []),
    ...(description === "" ? [] : [`${idOf(path)}:description`]),
  ];
  return ids.length === 0 ? nothing : ids.join(" ");
}
