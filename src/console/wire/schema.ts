/** The schema of `/api/schema`: what objects there are, their fields, forms, lists and places. */
import { get } from "./jmap.ts";

export interface Schema {
  readonly objects: Readonly<Record<string, ObjectInfo>>;
  readonly schemas: Readonly<Record<string, SchemaChoice>>;
  readonly fields: Readonly<Record<string, FieldSet>>;
  readonly forms: Readonly<Record<string, Form>>;
  readonly lists: Readonly<Record<string, List>>;
  readonly enums: Readonly<Record<string, readonly EnumEntry[]>>;
  readonly layouts: readonly Layout[];
}

export interface ObjectInfo {
  readonly type: "object" | "singleton" | "view";
  readonly description?: string;
  readonly permissionPrefix?: string;
  /** Of a view: what it shows. */
  readonly objectName?: string;
}

export type SchemaChoice =
  | { readonly type: "single"; readonly schemaName: string }
  | { readonly type: "multiple"; readonly variants: readonly Variant[] };

/** One of the forms of an object, named by its `@type`. */
export interface Variant {
  readonly name: string;
  readonly label: string;
  /** None: it has no fields. */
  readonly schemaName?: string;
}

export interface FieldSet {
  readonly properties: Readonly<Record<string, Field>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
}

export interface Field {
  readonly description?: string;
  readonly type: FieldType;
  readonly update?: "mutable" | "immutable" | "serverSet";
}

/** A type of a field; which of the members there are depends on `type`. */
export interface FieldType {
  readonly type: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly enumName?: string;
  readonly objectName?: string;
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly class?: FieldType;
  readonly keyClass?: FieldType;
  readonly valueClass?: FieldType;
}

export interface Form {
  readonly title?: string;
  readonly subtitle?: string;
  readonly sections: readonly FormSection[];
}

export interface FormSection {
  readonly title?: string;
  readonly fields: readonly FormField[];
}

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
}

export interface List {
  readonly title: string;
  readonly subtitle?: string;
  readonly labelProperty?: string;
  readonly singularName: string;
  readonly pluralName: string;
  readonly columns: readonly { readonly name: string; readonly label: string }[];
  readonly filters?: readonly ListFilter[];
}

export interface ListFilter {
  readonly type: "text" | "enum" | "integer" | "date" | "objectId";
  readonly field: string;
  readonly label: string;
}

export interface EnumEntry {
  readonly name: string;
  readonly label: string;
  readonly explanation?: string;
  readonly color?: string;
}

export interface Layout {
  readonly name: string;
  readonly icon?: string;
  readonly items: readonly LayoutItem[];
}

export type LayoutItem =
  | { readonly link: LayoutLink }
  | { readonly container: { readonly name: string; readonly icon?: string; readonly items: readonly LayoutLink[] } };

export interface LayoutLink {
  readonly name: string;
  readonly viewName: string;
  readonly icon?: string;
}

export const emptySchema: Schema = {
  objects: {},
  schemas: {},
  fields: {},
  forms: {},
  lists: {},
  enums: {},
  layouts: [],
};

/** The browser follows the redirect, and keeps what it leads to. @throws WireError */
export async function loadSchema(): Promise<Schema> {
  return (await (await get("../api/schema")).json()) as Schema;
}

/** The object that a view shows, or the object itself. */
export function objectOf(schema: Schema, viewName: string): string {
  const info = schema.objects[viewName];
  return info?.type === "view" ? (info.objectName ?? viewName) : viewName;
}

/** The name of an object's set of fields; null where it has none. @param value tells the variant by its `@type`. */
export function fieldsNameOf(schema: Schema, objectName: string, value: unknown): string | null {
  const choice = schema.schemas[objectName];
  if (choice === undefined) return objectName in schema.fields ? objectName : null;
  if (choice.type === "single") return choice.schemaName;
  const type = typeof value === "object" && value !== null ? Reflect.get(value, "@type") : undefined;
  return choice.variants.find(({ name }) => name === type)?.schemaName ?? null;
}

/** Whether anything of an object can be changed, and new ones made. */
export function isEditable(schema: Schema, objectName: string): boolean {
  const fields = schema.fields[fieldsNameOf(schema, objectName, null) ?? ""]?.properties ?? {};
  return Object.values(fields).some(({ update }) => update !== "serverSet");
}

/** The form of a set of fields; without one of its own, all the fields by their names. */
export function formOf(schema: Schema, fieldsName: string): Form {
  const form = schema.forms[fieldsName];
  if (form) return form;
  const names = Object.keys(schema.fields[fieldsName]?.properties ?? {});
  return { sections: [{ fields: names.map((name) => ({ name, label: name })) }] };
}
