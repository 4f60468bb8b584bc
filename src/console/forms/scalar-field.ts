/** Fields of one value: texts, numbers, times, switches, choices. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { FieldType } from "../wire/schema.ts";
import { describedBy, labelledField } from "./field-frame.ts";
import { type FormContext, idOf, messagesAt, type Slot } from "./form-context.ts";
import { readScalar, scalarText } from "./scalar-texts.ts";

export function scalarField(context: FormContext, slot: Slot): TemplateResult {
  return labelledField(context, slot, scalarControl(context, slot));
}

/** The control alone. @param name for who cannot see what it stands beside; none where there is a label. */
export function scalarControl(context: FormContext, slot: Slot, name?: string): TemplateResult {
  const { type } = slot;
  if (type.type === "boolean") return switchControl(context, slot);
  if (type.type === "enum") return enumControl(context, slot, name);
  if (type.type === "objectId") return referenceControl(context, slot, name);
  if (type.type === "string" && (type.format === "text" || type.format === "html" || type.format === "secretText"))
    return areaControl(context, slot, name);
  return inputControl(context, slot, name);
}

function inputControl(context: FormContext, slot: Slot, name: string | undefined): TemplateResult {
  const { draft } = context;
  const { path, type, readOnly } = slot;
  const messages = messagesAt(context, path);
  const text = draft.text(path, scalarText(type, draft.at(path)));
  return html`<input
    id=${idOf(path)}
    type=${inputTypeOf(type)}
    class=${isVerbatim(type) ? "verbatim" : "plain"}
    inputmode=${type.type === "number" && !isQuantity(type) ? "numeric" : nothing}
    autocomplete=${type.format === "secret" ? "new-password" : "off"}
    autocapitalize="none"
    spellcheck="false"
    step=${type.type === "utcDateTime" ? "1" : nothing}
    placeholder=${placeholderOf(context, slot)}
    aria-label=${name ?? nothing}
    aria-describedby=${describedBy(slot, messages)}
    aria-invalid=${messages.length > 0 ? "true" : nothing}
    ?readonly=${readOnly}
    .value=${live(text)}
    @input=${(event: Event) => {
      const typed = (event.target as HTMLInputElement).value;
      draft.type(path, typed, readScalar(type, typed));
      context.changed();
    }}
    @change=${() => {
      draft.settle(path);
      context.changed();
    }}
  />`;
}

function areaControl(context: FormContext, slot: Slot, name: string | undefined): TemplateResult {
  const { draft } = context;
  const { path, type, readOnly } = slot;
  const messages = messagesAt(context, path);
  return html`<textarea
    id=${idOf(path)}
    rows="4"
    class="verbatim"
    spellcheck="false"
    placeholder=${placeholderOf(context, slot)}
    aria-label=${name ?? nothing}
    aria-describedby=${describedBy(slot, messages)}
    aria-invalid=${messages.length > 0 ? "true" : nothing}
    ?readonly=${readOnly}
    .value=${live(scalarText(type, draft.at(path)))}
    @input=${(event: Event) => {
      draft.put(path, readScalar(type, (event.target as HTMLTextAreaElement).value).value);
      context.changed();
    }}
  ></textarea>`;
}

function switchControl(context: FormContext, slot: Slot): TemplateResult {
  const { draft } = context;
  const { path, readOnly } = slot;
  const messages = messagesAt(context, path);
  return html`<input
    id=${idOf(path)}
    type="checkbox"
    class="switch"
    aria-describedby=${describedBy(slot, messages)}
    aria-invalid=${messages.length > 0 ? "true" : nothing}
    ?disabled=${readOnly}
    .checked=${live(draft.at(path) === true)}
    @change=${(event: Event) => {
      draft.put(path, (event.target as HTMLInputElement).checked);
      context.changed();
    }}
  />`;
}

function enumControl(context: FormContext, slot: Slot, name: string | undefined): TemplateResult {
  const entries = context.schema.enums[slot.type.enumName ?? ""] ?? [];
  const options = entries.map((entry) => ({ id: entry.name, label: entry.label, title: entry.explanation }));
  return selectControl(context, slot, { name, options });
}

function referenceControl(context: FormContext, slot: Slot, name: string | undefined): TemplateResult {
  const options = context.choices(slot.type.objectName ?? "") ?? [];
  return selectControl(context, slot, { name, options });
}

interface Options {
  readonly name: string | undefined;
  readonly options: readonly { readonly id: string; readonly label: string; readonly title?: string | undefined }[];
}

function selectControl(context: FormContext, slot: Slot, { name, options }: Options): TemplateResult {
  const { draft } = context;
  const { path, type, readOnly } = slot;
  const messages = messagesAt(context, path);
  const chosen = draft.at(path) ?? "";
  // What is chosen is shown, even where it is not there to be chosen (any more, or yet).
  const missing = chosen !== "" && !options.some(({ id }) => id === chosen);
  return html`<select
    id=${idOf(path)}
    aria-label=${name ?? nothing}
    aria-describedby=${describedBy(slot, messages)}
    aria-invalid=${messages.length > 0 ? "true" : nothing}
    ?disabled=${readOnly}
    @change=${(event: Event) => {
      draft.put(path, readScalar(type, (event.target as HTMLSelectElement).value).value);
      context.changed();
    }}
  >
    ${type.nullable || chosen === "" ? html`<option value="" ?selected=${chosen === ""}>–</option>` : nothing}
    ${missing ? html`<option value=${String(chosen)} selected>${String(chosen)}</option>` : nothing}
    ${options.map(
      ({ id, label, title }) =>
        html`<option value=${id} title=${title ?? nothing} ?selected=${id === chosen}>${label}</option>`,
    )}
  </select>`;
}

function inputTypeOf({ type, format }: FieldType): string {
  if (format === "secret") return "password";
  return type === "utcDateTime" ? "datetime-local" : "text";
}

function isQuantity({ format }: FieldType): boolean {
  return format === "duration" || format === "size";
}

/** Read letter by letter. */
function isVerbatim({ type, format }: FieldType): boolean {
  return type !== "string" || (format !== undefined && format !== "string");
}

/** A secret is never sent back: an empty field leaves it as it is. */
function placeholderOf({ isNew }: FormContext, { type, placeholder }: Slot): string | typeof nothing {
  if ((type.format === "secret" || type.format === "secretText") && !isNew) return "unchanged";
  return placeholder === "" ? nothing : placeholder;
}
