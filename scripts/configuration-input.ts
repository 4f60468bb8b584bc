/** The document's type as TypeScript, with the descriptions that editors show: made from the JSON Schema. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { jsonSchema } from "../src/index.ts";

export const configurationInputFile = "src/config/document/configuration-input.ts";

/** What the document's JSON Schema is made of. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly deprecated?: boolean;
  readonly examples?: readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Node;
  readonly additionalProperties?: Node | boolean;
}

/** Types that stand by themselves, each by what it is made of. */
class Interfaces {
  readonly #bodies = new Map<string, string>();

  /** @returns its name: the wanted one, unless another type has it. */
  add(wanted: string, body: string): string {
    for (const name of [wanted, `${wanted}InMap`]) {
      const known = this.#bodies.get(name) ?? body;
      this.#bodies.set(name, known);
      if (known === body) return name;
    }
    throw new Error(`There are more than two types for ${wanted}.`);
  }

  get text(): string {
    return [...this.#bodies].map(([name, body]) => `export interface ${name} ${body}\n`).join("\n");
  }
}

const union = (types: readonly string[]): string => [...new Set(types)].join(" | ");

function typeOf(node: Node, name: string, interfaces: Interfaces): string {
  // What its forms need is checked when the document is parsed.
  const each = node.properties ? undefined : (node.anyOf ?? node.oneOf);
  if (each) return union(each.map((one) => typeOf(one, name, interfaces)));
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return union(node.enum.map((one) => JSON.stringify(one)));
  switch (node.type) {
    case "string":
      return node.examples ? `${union(node.examples.map((one) => JSON.stringify(one)))} | (string & {})` : "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `readonly (${typeOf(node.items ?? {}, name, interfaces)})[]`;
    case "object":
      return node.properties ? objectOf(node, name, interfaces) : mapOf(node, name, interfaces);
    default:
      return "unknown";
  }
}

/** One of several forms is named after its `@type`. */
function objectOf(node: Node, name: string, interfaces: Interfaces): string {
  const form = node.properties?.["@type"]?.const;
  return interfaces.add(typeof form === "string" ? `${form}Input` : name, bodyOf(node, name, interfaces));
}

function mapOf({ propertyNames, additionalProperties }: Node, name: string, interfaces: Interfaces): string {
  const value = typeof additionalProperties === "object" ? typeOf(additionalProperties, name, interfaces) : "unknown";
  if (propertyNames?.enum) return `{ readonly [Name in ${typeOf(propertyNames, name, interfaces)}]?: ${value} }`;
  // No array has this type, so the compiler names the mistake within an array in place of saying that it is no map.
  return `({ readonly [name: string]: ${value} } & { readonly length?: never })`;
}

function bodyOf({ properties = {}, required = [] }: Node, name: string, interfaces: Interfaces): string {
  const fields = Object.entries(properties).map(([field, node]) => {
    const key = /^[A-Za-z]\w*$/.test(field) ? field : JSON.stringify(field);
    const type = typeOf(node, nameOf(field, name), interfaces);
    const isRequired = required.includes(field);
    return `${comment(node, isRequired)}  readonly ${key}${isRequired ? "" : "?"}: ${type}${isRequired ? "" : " | undefined"};`;
  });
  return `{\n${fields.join("\n")}\n}`;
}

/** Sections are named after themselves, what is within a field after the field. */
function nameOf(field: string, within: string): string {
  if (within === "ConfigurationInput") return `${field}Input`;
  return `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
}

function comment(node: Node, isRequired: boolean): string {
  const words = [node.description ?? ""];
  if (!isRequired && node.default !== undefined) words.push(`Default: ${JSON.stringify(node.default)}.`);
  if (node.deprecated) words.push("@deprecated");
  const text = words.filter((word) => word !== "").join(" ");
  return text === "" ? "" : `  /** ${text.replaceAll("*/", "*\\/")} */\n`;
}

export function configurationInput(): string {
  const interfaces = new Interfaces();
  const { anyOf = [] } = jsonSchema() as Node;
  const [document, listeners] = anyOf;
  if (!document || !listeners) throw new Error("The document is no longer an object or an array.");
  const bare = typeOf(listeners, nameOf("NetworkListener", "ConfigurationInput"), interfaces);
  const body = bodyOf(document, "ConfigurationInput", interfaces);
  return formatted(`/** The document as one writes it. Written by \`npm run docs\` from the schema, which has the rules. */

${interfaces.text}
/** The document, with every section by its name. */
export interface ConfigurationSections ${body}

/** The document as one writes it: its sections, or the listeners alone. */
export type ConfigurationInput = ConfigurationSections | ${bare};
`);
}

function formatted(code: string): string {
  const biome = fileURLToPath(new URL("../node_modules/.bin/biome", import.meta.url));
  const args = ["format", `--stdin-file-path=${configurationInputFile}`];
  return execFileSync(biome, args, { input: code, encoding: "utf8" });
}
