/** What the schema says of the fields of the document's objects: how they can be compared, and who sets them. */
import type { SectionName } from "../../config/index.ts";
import { managementSchema } from "../schema/management-schema.ts";
import type { FieldSet, FieldType } from "../schema/schema-contract.ts";
import type { FieldKind } from "./managed-object.ts";

let fields: Readonly<Record<string, FieldSet>> | null = null;

/** Made when somebody asks: a server that nobody manages needs none. */
function fieldsOf(section: SectionName): FieldSet["properties"] {
  fields ??= managementSchema().fields;
  return fields[`x:${section}`]?.properties ?? {};
}

const kinds = new Map<SectionName, ReadonlyMap<string, FieldKind>>();

export function fieldKinds(section: SectionName): ReadonlyMap<string, FieldKind> {
  const known = kinds.get(section);
  if (known) return known;
  const made = new Map(Object.entries(fieldsOf(section)).map(([name, { type }]) => [name, kindOf(type)]));
  kinds.set(section, made);
  return made;
}

/** Those that no update may set: read from elsewhere, or the object's own key. */
export function fixedFields(section: SectionName): readonly string[] {
  return Object.entries(fieldsOf(section)).flatMap(([name, { update }]) => (update === "mutable" ? [] : [name]));
}

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
