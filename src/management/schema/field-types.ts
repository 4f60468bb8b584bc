/** The type of a field on the wire, read off the zod schema that validates it. */
import { z } from "zod";
import type { FieldDisplay } from "../../config/index.ts";
import type { FieldType, MapType, ScalarType } from "./schema-contract.ts";

/** As much of JSON Schema as fields use. */
interface Node {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

export interface WireField {
  readonly type: FieldType;
  readonly description: string;
  /** As `/get` returns it; undefined where there is none. */
  readonly byDefault: unknown;
  /** The values of an enum, or of a set of one. */
  readonly names: readonly string[];
}

/** @throws Error for a field that the wire has no type for: a mistake in its schema. */
export function wireField(field: z.core.$ZodType, display: FieldDisplay): WireField {
  const node = z.toJSONSchema(field, { io: "input", unrepresentable: "any" }) as Node;
  const alternatives = alternativesOf(node);
  const present = alternatives.filter(({ type }) => type !== "null");
  const type = typeOf(present, display);
  const isNullable = present.length < alternatives.length && type.type !== "boolean";
  return {
    type: isNullable ? ({ ...type, nullable: true } as FieldType) : type,
    description: node.description ?? "",
    byDefault: type.type === "set" && Array.isArray(node.default) ? {} : node.default,
    names: namesIn(present),
  };
}

/** The forms of a value, those of forms included. */
function alternativesOf(node: Node): readonly Node[] {
  if (node.anyOf) return node.anyOf.flatMap(alternativesOf);
  return typeof node.type === "object" ? node.type.map((type) => ({ ...node, type })) : [node];
}

function typeOf(present: readonly Node[], display: FieldDisplay): FieldType {
  const [first = {}] = present;
  const array = present.find(({ type }) => type === "array");
  if (array) {
    const { minItems } = array;
    return { type: "set", class: textType(array.items ?? {}, display), ...(minItems ? { minItems } : {}) };
  }
  const values = first.additionalProperties;
  if (values && values.const === true) return { type: "set", class: textType({}, display) };
  if (values && values.type === "integer") return mapOf({ type: "number", format: "unsignedInteger" });
  // Of maps: the members of those within cannot be listed in advance.
  if (values && values.additionalProperties !== undefined)
    return mapOf({ type: "object", objectName: objectNameOf(display) });
  if (first.oneOf || first.properties) return { type: "object", objectName: objectNameOf(display) };
  if (first.type === "integer" || first.type === "number") return numberType(present, display);
  if (first.type === "boolean") return { type: "boolean" };
  if (first.type === "string") return textType(first, display);
  throw new Error(`The field ${display.label} has a form that the wire has no type for.`);
}

function mapOf(valueClass: ScalarType): MapType {
  return { type: "map", keyClass: { type: "string", format: "string" }, valueClass };
}

function numberType([{ minimum, maximum, type } = {}, ...others]: readonly Node[], display: FieldDisplay): ScalarType {
  // Durations may be written as text, too.
  const byForm = others.some((other) => other.type === "string") ? "duration" : "unsignedInteger";
  const format =
    display.format === "size" || display.format === "duration" ? display.format : type === "number" ? "float" : byForm;
  return {
    type: "number",
    format,
    ...(minimum === undefined ? {} : { min: minimum }),
    ...(maximum === undefined ? {} : { max: maximum }),
  };
}

function textType(node: Node, display: FieldDisplay): ScalarType {
  if (display.objectName !== undefined) return { type: "objectId", objectName: display.objectName };
  if (display.enumName !== undefined) return { type: "enum", enumName: display.enumName };
  if (node.format === "date-time") return { type: "utcDateTime" };
  const { minLength, maxLength } = node;
  return {
    type: "string",
    format: display.format ?? "string",
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
}

function namesIn(present: readonly Node[]): readonly string[] {
  return present.flatMap((node) => node.enum ?? node.items?.enum ?? []);
}

function objectNameOf({ label, objectName }: FieldDisplay): string {
  if (objectName === undefined) throw new Error(`The field ${label} has no objectName.`);
  return objectName;
}
