/** What the schema says of the fields of objects: how they can be compared, and who sets them. */
import type { JsonObject } from "../jmap/json.ts";
import { managementSchema } from "../schema/management-schema.ts";
import type { FieldSet, FieldType } from "../schema/schema-contract.ts";
import type { FieldKind } from "./managed-object.ts";

let fields: Readonly<Record<string, FieldSet>> | null = null;

/** Made when somebody asks: a server that nobody manages needs none. */
function fieldSetOf(object: string): FieldSet {
  fields ??= managementSchema().fields;
  return fields[`x:${object}`] ?? { properties: {}, defaults: {} };
}

function fieldsOf(object: string): FieldSet["properties"] {
  return fieldSetOf(object).properties;
}

/** As `/get` returns them; a field that must be given has none. */
export function defaultsOf(object: string): JsonObject {
  return fieldSetOf(object).defaults as JsonObject;
}

const kinds = new Map<string, ReadonlyMap<string, FieldKind>>();

/** Without `x:`. */
export function fieldKinds(object: string): ReadonlyMap<string, FieldKind> {
  const known = kinds.get(object);
  if (known) return known;
  const made = new Map(Object.entries(fieldsOf(object)).map(([name, { type }]) => [name, kindOf(type)]));
  kinds.set(object, made);
  return made;
}

/** Those that no update may set: read from elsewhere, or the object's own key. */
export function fixedFields(object: string): readonly string[] {
  return Object.entries(fieldsOf(object)).flatMap(([name, { update }]) => (update === "mutable" ? [] : [name]));
}

/** Those whose text never comes back, or that of something within. */
export function secretFields(object: string): readonly string[] {
  return Object.entries(fieldsOf(object)).flatMap(([name, { type }]) =>
    type.type === "object" && secretObjects.has(type.objectName) ? [name] : [],
  );
}

const secretObjects: ReadonlySet<string> = new Set(["x:SecretKey", "x:SecretText", "x:Cluster"]);

function kindOf({ type }: FieldType): FieldKind {
  switch (type) {
    case "string":
    case "enum":
    case "objectId":
      return "string";
    case "number":
    case "boolean":
      return type;
    case "utcDateTime":
      return "date";
    default:
      return "other";
  }
}
