/** A value as a cell of a table shows it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isObject } from "../forms/patch.ts";
import { roughDurationText } from "../forms/quantities.ts";
import { scalarText } from "../forms/scalar-texts.ts";
import type { FieldType, Schema } from "../wire/schema.ts";
import { momentTime } from "./moments.ts";
import { octetsText } from "./octets.ts";

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
  if (type?.type === "utcDateTime") return momentTime(new Date(String(value)));
  if (type?.type === "number" && typeof value === "number")
    return html`<span class="digits">${quantityText(type, value)}</span>`;
  return html`${type ? scalarText(type, value) : String(value)}`;
}

function quantityText(type: FieldType, value: number): string {
  if (type.format === "duration") return roughDurationText(value);
  return type.format === "size" ? octetsText(value) : scalarText(type, value);
}

const mostMembers = 4;

function members(schema: Schema, type: FieldType, value: unknown): TemplateResult {
  const names = isObject(value) ? Object.keys(value) : [];
  if (names.length === 0) return html`<span class="none">–</span>`;
  const { enumName } = type.class ?? {};
  const shown = names.slice(0, mostMembers);
  const more = names.length - shown.length;
  return html`${shown.map((name, index) =>
    enumName === undefined
      ? html`<code>${name}</code> `
      : html`${index > 0 ? ", " : ""}${enumLabel(schema, enumName, name)}`,
  )}${more > 0 ? html`<span class="none">and ${more} more</span>` : nothing}`;
}

export function enumLabel(schema: Schema, enumName: string | undefined, value: unknown): string {
  const entries = enumName === undefined ? [] : (schema.enums[enumName] ?? []);
  return entries.find(({ name }) => name === value)?.label ?? String(value);
}
