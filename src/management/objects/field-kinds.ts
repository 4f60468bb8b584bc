/** How the fields of the document's objects can be compared, read off the schema that validates them. */
import { jsonSchema } from "../../config/index.ts";
import { isObject, type Json, type JsonObject, memberOf } from "../jmap/json.ts";
import type { FieldKind } from "./managed-object.ts";

export type DocumentSection =
  | "SystemSettings"
  | "NetworkListener"
  | "Certificate"
  | "Account"
  | "BlockedIp"
  | "AllowedIp";

let schema: JsonObject | null = null;

/** The fields of a section's objects, with those that a server sets; those that mean nothing here are left out. */
export function fieldKinds(section: DocumentSection): ReadonlyMap<string, FieldKind> {
  schema ??= jsonSchema() as JsonObject;
  const kinds = Object.entries(propertiesOf(schema, section)).flatMap(([name, field]): [string, FieldKind][] =>
    isObject(field) && memberOf(field, "deprecated") !== true ? [[name, kindOf(field)]] : [],
  );
  return new Map(kinds);
}

/** The first object with properties below a section: whichever form it is written in, its objects have the same fields. */
function propertiesOf(document: JsonObject, section: DocumentSection): JsonObject {
  const forms = formsOf(document).flatMap((form) => {
    const properties = memberOf(form, "properties");
    const found = isObject(properties) ? memberOf(properties, section) : undefined;
    return isObject(found) ? [found] : [];
  });
  for (const form of forms.flatMap(formsOf)) {
    const within = ["items", "additionalProperties"].map((key) => memberOf(form, key)).find(isObject) ?? form;
    const properties = memberOf(within, "properties");
    if (isObject(properties)) return properties;
  }
  throw new Error(`The schema of the document has no objects in ${section}.`);
}

function formsOf(node: JsonObject): readonly JsonObject[] {
  const anyOf = memberOf(node, "anyOf");
  return Array.isArray(anyOf) ? anyOf.filter(isObject) : [node];
}

/** Of a field with several forms, that in which it is returned: numbers for durations. */
function kindOf(field: JsonObject): FieldKind {
  const forms = formsOf(field).flatMap(formsOf);
  const types = forms.map((form): Json => memberOf(form, "type") ?? (memberOf(form, "enum") ? "string" : null));
  if (types.includes("object") || types.includes("array") || types.includes(null)) return "other";
  if (types.includes("integer") || types.includes("number")) return "number";
  if (types.includes("boolean")) return "boolean";
  if (forms.some((form) => memberOf(form, "format") === "date-time")) return "date";
  return types.includes("string") ? "string" : "other";
}
