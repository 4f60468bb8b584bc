/** The tables of the document's fields, from its JSON Schema. */
import { jsonSchema } from "../src/config/index.ts";
import type { GeneratedBlock } from "./generated-block.ts";
import { markdownTable } from "./markdown-table.ts";

/** The part of JSON Schema that the document's schema uses. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  /** Known, without effect. */
  readonly deprecated?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly examples?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const INT_MAX = 2_147_483_647;

/** The objects of a document by the name of their section. */
export function sectionSchemas(): Record<
  "NetworkListener" | "SystemSettings" | "Certificate" | "Account" | "BlockedIp" | "AllowedIp",
  Schema
> {
  const [document = {}, listeners = {}] = (jsonSchema() as Schema).anyOf ?? [];
  const {
    SystemSettings = {},
    Certificate = {},
    Account = {},
    BlockedIp = {},
    AllowedIp = {},
  } = document.properties ?? {};
  return {
    NetworkListener: listeners.items ?? {},
    SystemSettings,
    Certificate: Certificate.anyOf?.[0]?.additionalProperties || {},
    Account: Account.additionalProperties || {},
    BlockedIp: BlockedIp.anyOf?.[0]?.items ?? {},
    AllowedIp: AllowedIp.anyOf?.[0]?.items ?? {},
  };
}

export const fieldTables: readonly GeneratedBlock[] = Object.entries(sectionSchemas()).map(([section, schema]) => ({
  file: "docs/listeners.md",
  name: `fields of ${section}`,
  text: () => fieldTable(schema),
}));

function fieldTable({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties)
    .filter(([, { deprecated }]) => !deprecated)
    .map(([field, schema]) => [
      `\`${field}\``,
      typeText(schema),
      required.includes(field) ? "required" : defaultText(schema.default),
      schema.description ?? "",
    ]);
  return markdownTable(["field", "type", "default", "meaning"], rows);
}

function defaultText(value: unknown): string {
  if (value === undefined) return "see meaning";
  if (Array.isArray(value)) return "empty";
  return typeof value === "string" ? `\`"${value}"\`` : `\`${JSON.stringify(value)}\``;
}

function typeText(schema: Schema): string {
  const { anyOf, oneOf } = schema;
  if (oneOf) return "text reference";
  if (anyOf) return alternativesText(anyOf);
  if (schema.enum) return schema.enum.map((value) => `\`"${value}"\``).join(" or ");
  if (schema.properties) return `\`{${Object.keys(schema.properties).join(", ")}}\``;
  if (schema.type === "integer") return `integer, ${rangeText(schema)}`;
  return schema.type ?? "anything";
}

function alternativesText(alternatives: readonly Schema[]): string {
  const [first = {}, second = {}] = alternatives;
  if (second.type === "null") return `${typeText(first)}; or null`;
  if (first.type === "array") return `set of ${elementText(first.items)}${first.minItems ? ", at least one" : ""}`;
  if (first.type === "integer") return "duration";
  return alternatives.map(typeText).join(" or ");
}

function elementText(element: Schema = {}): string {
  if (element.examples) return `text like ${element.examples.map((example) => `\`"${example}"\``).join(", ")}`;
  const names = element.enum ?? [];
  return names.length > 3 ? "names, listed below" : names.map((name) => `\`"${name}"\``).join(", ");
}

function rangeText({ minimum, maximum }: Schema): string {
  return maximum === INT_MAX ? `at least ${minimum}` : `${minimum} to ${maximum}`;
}
