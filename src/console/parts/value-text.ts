/** A value as a cell of a table shows it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isObject } from "../forms/patch.ts";
import { scalarText } from "../forms/scalar-texts.ts";
import type { FieldType, Schema } from "../wire/schema.ts";

export function valueCell(
  schema: Schema,
  type: FieldType | undefined,
  value: unknown,
): TemplateResult | typeof nothing {
  if (value === null || value === undefined) return html`<span class="none">–</span>`;
  if (type?.type === "boolean" || typeof value === "boolean")
    return value === true ? html`<span class="yes">Yes</span>` : html`<span class="none">No</span>`;
  if (type?.type === "enum") return html`${enumLabel(schema, type.enumName, value)}`;
  if (type?.type === "set") return members(schema, type, value);
  if (isObject(value)) return html`${typeof value["@type"] === "string" ? value["@type"] : JSON.stringify(value)}`;
  const text = type ? scalarText(type, value) : String(value);
  return type?.type === "number" ? html`<span class="digits">${text}</span>` : html`${text}`;
}

const mostMembers = 4;

function members(schema: Schema, type: FieldType, value: unknown): TemplateResult {
  const names = isObject(value) ? Object.keys(value) : [];
  if (names.length === 0) return html`<span class="none">–</span>`;
  const shown = names.slice(0, mostMembers).map((name) => enumLabel(schema, type.class?.enumName, name));
  const more = names.length - shown.length;
  return html`${shown.map((name) => html`<code>${name}</code> `)}${more > 0 ? html`<span class="none">and ${more} more</span>` : nothing}`;
}

export function enumLabel(schema: Schema, enumName: string | undefined, value: unknown): string {
  const entries = enumName === undefined ? [] : (schema.enums[enumName] ?? []);
  return entries.find(({ name }) => name === value)?.label ?? String(value);
}
