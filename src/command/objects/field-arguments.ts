/** Fields of an object as they are given on a command line: `field=value`, `field/member=value`, `field+=member`, or JSON. */
import { unknownField } from "../../config/values/fields.ts";
import type { FieldType } from "../../management/schema/schema-contract.ts";
import { schema, type Value } from "./object-names.ts";

export interface GivenFields {
  /** Values by path: `{"maxConnections": 5, "bind/[::]:26": true}`. */
  readonly fields: Value;
  /** What cannot be read, in words. */
  readonly problems: readonly string[];
}

/** Texts that are kept elsewhere. */
const textElsewhere: readonly (readonly [string, string, string])[] = [
  ["file:", "File", "filePath"],
  ["env:", "EnvironmentVariable", "variableName"],
];
const textObjects = new Map([
  ["x:PublicText", "value"],
  ["x:SecretText", "secret"],
  ["x:SecretKey", "secret"],
]);

/** @param object with `x:` */
export function givenFields(object: string, given: readonly string[]): GivenFields {
  const fields: Record<string, unknown> = {};
  const problems: string[] = [];
  const take = (path: string, value: unknown): void => {
    if (Object.hasOwn(fields, path)) problems.push(`${path} is given twice.`);
    fields[path] = value;
  };
  for (const argument of given) {
    if (argument.startsWith("{")) {
      const value = jsonIn(argument);
      if (isObject(value)) for (const [path, member] of Object.entries(value)) take(path, member);
      else problems.push(`${shortened(argument)} is no JSON object.`);
      continue;
    }
    const pair = pairIn(argument);
    if (pair === null) {
      problems.push(`${shortened(argument)} is neither field=value nor a JSON object.`);
      continue;
    }
    const [head = "", ...below] = pair.path.split("/");
    const name = fieldNamed(object, head.replace(/[+-]$/, ""));
    if (name === null) {
      problems.push(`${head} ${unknownField(head, Object.keys(schema.fields[object]?.properties ?? {}))}`);
      continue;
    }
    for (const [path, value] of membersOf(object, { name, sign: /[+-]$/.exec(head)?.[0], below, text: pair.text }))
      take(path, value);
  }
  return { fields, problems };
}

/** The object that paths describe: those that lead into a value are its members. */
export function nested(fields: Value): Value {
  const object: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(fields)) {
    const [name = "", ...below] = path.split("/").map(unescaped);
    if (below.length === 0) object[name] = value;
    else if (value !== null) {
      const inner = object[name];
      object[name] = { ...(isObject(inner) ? inner : {}), ...nested({ [below.map(escaped).join("/")]: value }) };
    }
  }
  return object;
}

interface Member {
  readonly name: string;
  /** `+` adds members to a set, `-` takes them away. */
  readonly sign: string | undefined;
  readonly below: readonly string[];
  readonly text: string;
}

function membersOf(object: string, { name, sign, below, text }: Member): [string, unknown][] {
  const type = schema.fields[object]?.properties[name]?.type;
  if (sign !== undefined)
    return elementsIn(text).map((element) => [`${name}/${escaped(element)}`, sign === "+" ? true : null]);
  if (below.length === 0) return [[name, typedValue(type, text)]];
  // A member of a set is whatever follows: 10.0.0.0/8.
  if (type?.type === "set") return [[`${name}/${escaped(unescaped(below.join("/")))}`, jsonOrText(text)]];
  const inner = type?.type === "object" ? innerType(type.objectName, below) : undefined;
  return [[[name, ...below].join("/"), inner ? typedValue(inner, text) : jsonOrText(text)]];
}

function innerType(object: string, [field = "", ...deeper]: readonly string[]): FieldType | undefined {
  return deeper.length > 0 ? undefined : schema.fields[object]?.properties[field]?.type;
}

function typedValue(type: FieldType | undefined, text: string): unknown {
  if (text === "null") return null;
  switch (type?.type) {
    case "boolean":
      return /^(?:true|false)$/i.test(text) ? text.toLowerCase() === "true" : text;
    case "number":
      // A duration may have its unit: 30s.
      return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
    case "set":
      return setIn(text);
    case "object":
      return /^[{[]/.test(text) ? jsonOrText(text) : textObject(type.objectName, text);
    case "map":
    case undefined:
      return jsonOrText(text);
    default:
      return text.startsWith('"') ? jsonOrText(text) : text;
  }
}

/** As a map, or as an array, in JSON; or its elements between commas. */
function setIn(text: string): unknown {
  const value = /^[{[]/.test(text) ? jsonIn(text) : undefined;
  if (isObject(value)) return value;
  const elements = Array.isArray(value) ? value.map(String) : elementsIn(text);
  return Object.fromEntries(elements.map((element) => [element, true]));
}

function elementsIn(text: string): string[] {
  return text
    .split(",")
    .map((element) => element.trim())
    .filter((element) => element !== "");
}

/** `file:tls.pem`, `env:SECRET`, or the text itself. */
function textObject(objectName: string, text: string): unknown {
  const member = textObjects.get(objectName);
  if (member === undefined) return text;
  for (const [prefix, type, field] of textElsewhere)
    if (text.startsWith(prefix)) return { "@type": type, [field]: text.slice(prefix.length) };
  return { "@type": "Text", [member]: text };
}

/** The path may be in quotes, as Stalwart's client takes it. */
function pairIn(argument: string): { readonly path: string; readonly text: string } | null {
  const [, quoted, rest] = /^"([^"]*)"=(.*)$/s.exec(argument) ?? [];
  if (quoted !== undefined && rest !== undefined) return { path: quoted, text: rest };
  const at = argument.indexOf("=");
  return at <= 0 ? null : { path: argument.slice(0, at), text: argument.slice(at + 1) };
}

function fieldNamed(object: string, given: string): string | null {
  const names = Object.keys(schema.fields[object]?.properties ?? {});
  return names.find((name) => name.toLowerCase() === given.toLowerCase()) ?? null;
}

function jsonOrText(text: string): unknown {
  return jsonIn(text) ?? (text === "null" ? null : text);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 6901 section 3. */
function escaped(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescaped(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}

function shortened(argument: string): string {
  return JSON.stringify(argument.length > 60 ? `${argument.slice(0, 60)}…` : argument);
}
