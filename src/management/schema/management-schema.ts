/** Makes the schema of the management API out of the zod schemas that validate its objects. */
import { createHash } from "node:crypto";
import { type FieldDisplay, fieldDisplay, isIgnored } from "../../config/index.ts";
import {
  actions,
  type DescribedObject,
  type DescribedVariant,
  describedObjects,
  innerObjects,
  type Shape,
} from "./described-objects.ts";
import { enumEntries, protocolNames } from "./enum-entries.ts";
import { type WireField, wireField } from "./field-types.ts";
import { layouts } from "./layouts.ts";
import type {
  EnumEntry,
  FieldSet,
  FieldType,
  Form,
  List,
  ListFilter,
  ManagementSchema,
  ObjectInfo,
  SchemaChoice,
} from "./schema-contract.ts";

export interface SchemaOptions {
  /** Names of protocols that the embedder registered, besides the six of Gatehouse. */
  readonly protocols?: readonly string[];
}

export interface PublishedSchema {
  readonly schema: ManagementSchema;
  readonly json: string;
  /** SHA-256 of the JSON in base64url, without padding. */
  readonly hash: string;
}

export function publishedSchema(options: SchemaOptions = {}): PublishedSchema {
  const schema = managementSchema(options);
  const json = JSON.stringify(schema);
  return { schema, json, hash: createHash("sha256").update(json).digest("base64url") };
}

export function managementSchema({ protocols = [] }: SchemaOptions = {}): ManagementSchema {
  const parts = new SchemaParts(protocols);
  for (const object of describedObjects) parts.addObject(object);
  for (const [name, inner] of Object.entries(innerObjects)) parts.addInner(name, inner);
  parts.addActions();
  const { objects, schemas, fields, forms, lists, enums } = parts;
  return { objects, schemas, fields, forms, lists, enums, dashboards: [], layouts };
}

interface ShownField extends WireField {
  readonly name: string;
  readonly display: FieldDisplay;
}

class SchemaParts {
  readonly objects: Record<string, ObjectInfo> = {};
  readonly schemas: Record<string, SchemaChoice> = {};
  readonly fields: Record<string, FieldSet> = {};
  readonly forms: Record<string, Form> = {};
  readonly lists: Record<string, List> = {};
  readonly enums: Record<string, readonly EnumEntry[]> = {};
  readonly #protocols: readonly string[];

  constructor(protocols: readonly string[]) {
    this.#protocols = protocols;
  }

  addObject(object: DescribedObject): void {
    const { type, description, shape, sections, title, subtitle } = object;
    const name = `x:${object.name}`;
    this.objects[name] = { type, description, permissionPrefix: `sys${object.name}` };
    this.schemas[name] = { type: "single", schemaName: name };
    const shown = this.#addFields(name, shape);
    this.forms[name] = { title, subtitle, sections: formSections(shown, sections) };
    if (type !== "singleton") this.lists[name] = listOf(object, shown);
  }

  addInner(name: string, inner: Shape | readonly DescribedVariant[]): void {
    if (isVariants(inner)) {
      this.#addVariants(name, inner);
    } else {
      this.schemas[name] = { type: "single", schemaName: name };
      this.forms[name] = { sections: formSections(this.#addFields(name, inner), []) };
    }
  }

  addActions(): void {
    this.objects["x:Action"] = {
      type: "object",
      description: "An action that the server takes now.",
      permissionPrefix: "sysAction",
    };
    this.#addVariants("x:Action", actions);
  }

  #addVariants(object: string, variants: readonly DescribedVariant[]): void {
    const withSchema = variants.map(({ name, label, shape }) => {
      if (shape === null) return { name, label };
      const schemaName = `${object}${name}`;
      this.forms[schemaName] = { sections: formSections(this.#addFields(schemaName, shape), []) };
      return { name, label, schemaName };
    });
    this.schemas[object] = { type: "multiple", variants: withSchema };
  }

  #addFields(schemaName: string, shape: Shape): readonly ShownField[] {
    const shown = shownFields(shape);
    const properties = shown.map(({ name, description, type, display }) => {
      const { update = "mutable" } = display;
      return [name, { description, type, update }] as const;
    });
    const defaults = shown.flatMap(({ name, byDefault }) =>
      byDefault === undefined ? [] : [[name, byDefault] as const],
    );
    this.fields[schemaName] = { properties: Object.fromEntries(properties), defaults: Object.fromEntries(defaults) };
    for (const { names, display } of shown) {
      const { enumName } = display;
      if (enumName === undefined) continue;
      this.enums[enumName] = enumEntries(enumName, names.length > 0 ? names : protocolNames(this.#protocols));
    }
    return shown;
  }
}

function isVariants(inner: Shape | readonly DescribedVariant[]): inner is readonly DescribedVariant[] {
  return Array.isArray(inner);
}

/** Those that mean nothing here are left out. */
function shownFields(shape: Shape): readonly ShownField[] {
  return Object.entries(shape).flatMap(([name, field]): ShownField[] => {
    if (isIgnored(field)) return [];
    const display = fieldDisplay.get(field);
    if (!display) throw new Error(`The field ${name} has no label.`);
    return [{ name, display, ...wireField(field, display) }];
  });
}

function formSections(shown: readonly ShownField[], titles: readonly string[]): Form["sections"] {
  if (titles.length === 0) return [{ fields: shown.map(formField) }];
  return titles.map((title) => ({
    title,
    fields: shown.filter(({ display }) => display.section === title).map(formField),
  }));
}

function formField({ name, display: { label, placeholder } }: ShownField): Form["sections"][number]["fields"][number] {
  return { name, label, ...(placeholder === undefined ? {} : { placeholder }) };
}

function listOf(object: DescribedObject, shown: readonly ShownField[]): List {
  const { title, subtitle, labelProperty, singularName, pluralName } = object;
  const columns = shown
    .filter(({ display }) => display.column !== undefined)
    .sort((a, b) => (a.display.column ?? 0) - (b.display.column ?? 0));
  return {
    title,
    subtitle,
    ...(labelProperty === undefined ? {} : { labelProperty }),
    singularName,
    pluralName,
    columns: columns.map(({ name, display: { label } }) => ({ name, label })),
    filters: shown.flatMap(({ name, type, display: { filter, label } }) => {
      const kind = filter ? filterType(type) : null;
      return kind === null ? [] : [{ type: kind, field: name, label }];
    }),
  };
}

function filterType({ type }: FieldType): ListFilter["type"] | null {
  switch (type) {
    case "string":
      return "text";
    case "number":
      return "integer";
    case "utcDateTime":
      return "date";
    case "enum":
    case "objectId":
      return type;
    default:
      return null;
  }
}
