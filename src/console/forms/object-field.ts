/** Objects within an object: one of several kinds where there are several, each with its own fields. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { fieldsNameOf, formOf, type Schema } from "../wire/schema.ts";
import { groupedField } from "./field-frame.ts";
import { type FormContext, idOf, isWrongWithin, messagesAt, type Slot, slotOf } from "./form-context.ts";
import { isObject, type Path } from "./patch.ts";

export function objectField(context: FormContext, slot: Slot): TemplateResult {
  const { path, type } = slot;
  const kind = kindControl(context, slot);
  const value = context.draft.at(path);
  const fields = isObject(value) ? innerFields(context, path, type.objectName ?? "") : [];
  const inner = fields.length <= mostFieldsInSight ? fields : folded(context, path, fields);
  return groupedField(slot, messagesAt(context, path), html`<div class="inner">${kind} ${inner}</div>`);
}

const mostFieldsInSight = 8;

/** Open where something within is wrong, so that it can be seen and reached. */
function folded(context: FormContext, path: Path, fields: readonly TemplateResult[]): TemplateResult {
  const value = context.draft.at(path);
  const given = isObject(value) ? Object.values(value).filter((member) => member !== null && member !== "").length : 0;
  return html`<details class="folded" ?open=${isWrongWithin(context, path)}>
    <summary>${given === 0 ? "None" : `${given} of ${fields.length} set`}</summary>
    <div class="inner">${fields}</div>
  </details>`;
}

/** The fields of the object there, in the order of its form. */
export function innerFields(context: FormContext, path: Path, objectName: string): TemplateResult[] {
  const { schema, draft } = context;
  const fieldsName = fieldsNameOf(schema, objectName, draft.at(path));
  if (fieldsName === null) return [];
  const { properties = {} } = schema.fields[fieldsName] ?? {};
  const named = formOf(schema, fieldsName).sections.flatMap(({ fields }) => fields);
  return named.flatMap(({ name, label, placeholder = "" }) => {
    const field = properties[name];
    return field ? [context.draw(context, slotOf(context, field, { path: [...path, name], label, placeholder }))] : [];
  });
}

/** A new object of this kind, with its defaults. */
export function freshObject(schema: Schema, objectName: string, kind: string | null): Record<string, unknown> {
  const typed = kind === null ? {} : { "@type": kind };
  const fieldsName = fieldsNameOf(schema, objectName, typed);
  return { ...typed, ...(fieldsName === null ? {} : (schema.fields[fieldsName]?.defaults ?? {})) };
}

/** Which kind of object it is, or whether it is there at all. */
function kindControl(context: FormContext, slot: Slot): TemplateResult | typeof nothing {
  const { schema, draft } = context;
  const { path, label, type, readOnly } = slot;
  const objectName = type.objectName ?? "";
  const choice = schema.schemas[objectName];
  const value = draft.at(path);
  const put = (object: unknown) => {
    draft.forget(path);
    draft.put(path, object);
    context.changed();
  };
  if (choice?.type === "multiple") {
    const kind = isObject(value) ? String(value["@type"] ?? "") : "";
    return html`<select
      id="${idOf(path)}:kind"
      aria-label="${label}, kind"
      ?disabled=${readOnly}
      @change=${(event: Event) => {
        const chosen = (event.target as HTMLSelectElement).value;
        put(chosen === "" ? null : freshObject(schema, objectName, chosen));
      }}
    >
      ${type.nullable || kind === "" ? html`<option value="" ?selected=${kind === ""}>–</option>` : nothing}
      ${choice.variants.map(
        ({ name, label: words }) => html`<option value=${name} ?selected=${name === kind}>${words}</option>`,
      )}
    </select>`;
  }
  if (!type.nullable) return nothing;
  return html`<input
    id="${idOf(path)}:kind"
    type="checkbox"
    class="switch"
    aria-label=${label}
    ?disabled=${readOnly}
    .checked=${live(isObject(value))}
    @change=${(event: Event) =>
      put((event.target as HTMLInputElement).checked ? freshObject(schema, objectName, null) : null)}
  />`;
}
