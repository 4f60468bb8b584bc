/** `gatehouse describe`: the objects there are, and the fields of one, as the management API's schema has them. */
import { describeDuration } from "../../config/index.ts";
import type { Field, FieldType, ScalarType } from "../../management/schema/schema-contract.ts";
import { columns, wrapped } from "../columns.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { complain, say, terminalWidth } from "../output.ts";
import { findObject, isSingleton, noSuchObject, objectNames, schema } from "./object-names.ts";

const usualWidth = 80;

/** Without a name: all objects, a line each. */
export function describeObjects(given: string | undefined): ExitCode {
  if (given === undefined) {
    say(listOfObjects());
    return exitCodes.ok;
  }
  const object = findObject(given, objectNames.readable);
  if (object === null) {
    complain(noSuchObject(given, objectNames.readable));
    return exitCodes.usage;
  }
  say(describeObject(object));
  return exitCodes.ok;
}

export function listOfObjects(): string {
  const rows = objectNames.readable.map((name) => [name, schema.objects[`x:${name}`]?.description ?? ""]);
  return columns(rows, width());
}

/** @param object with `x:` */
export function describeObject(object: string): string {
  const { description = "" } = schema.objects[object] ?? {};
  const { sections = [] } = schema.forms[object] ?? {};
  const heading = `${object.slice(2)}${isSingleton(object) ? " (there is one)" : ""}: ${description}`;
  const parts = sections.map(({ title, fields }) => {
    const shown = fields.map(({ name }) => describeField(object, name)).join("\n");
    return title === undefined ? shown : `${title}:\n${shown}`;
  });
  return [wrapped(heading, width()).join("\n"), ...parts].join("\n\n");
}

function describeField(object: string, name: string): string {
  const { properties = {}, defaults = {} } = schema.fields[object] ?? {};
  const field = properties[name];
  if (!field) return "";
  const facts = [typeText(field.type), ...changeText(field), ...defaultText(field.type, defaults[name])].join("; ");
  return [...indented(`${name} (${facts})`, 2), ...indented(field.description, 6)].join("\n");
}

function indented(text: string, by: number): string[] {
  return wrapped(text, width() - by).map((line) => `${" ".repeat(by)}${line}`);
}

function typeText(type: FieldType): string {
  switch (type.type) {
    case "set":
      return type.class.type === "enum"
        ? `set of ${namesOf(type.class.enumName)}`
        : `set of ${plural(scalarText(type.class))}`;
    case "map":
      return `map from ${scalarText(type.keyClass)} to ${scalarText(type.valueClass)}`;
    default:
      return `${scalarText(type)}${"nullable" in type ? ", or null" : ""}`;
  }
}

const formats: Readonly<Record<string, string>> = {
  socketAddress: "address with port, or a Unix socket",
  ipNetwork: "address or network",
  ipAddress: "address",
  emailAddress: "mail address",
};

/** A few cipher suites are listed; of dozens the names are in the schema. */
const mostNames = 10;

function namesOf(enumName: string): string {
  const names = (schema.enums[enumName] ?? []).map(({ name }) => name);
  const shown = names.slice(0, mostNames).join(", ");
  return names.length > mostNames ? `${shown}, and ${names.length - mostNames} more` : shown;
}

function scalarText(type: ScalarType): string {
  switch (type.type) {
    case "string":
      return formats[type.format] ?? "text";
    case "number":
      if (type.format === "duration") return "duration, in milliseconds or like 30s";
      return type.format === "size" ? "number of octets" : "number";
    case "boolean":
      return "true or false";
    case "utcDateTime":
      return "date like 2030-01-31T12:00:00Z";
    case "enum":
      return `one of ${namesOf(type.enumName)}`;
    case "objectId":
      return `id of one ${type.objectName.slice(2)}`;
    case "object":
      return objectText(type.objectName);
  }
}

function objectText(objectName: string): string {
  const choice = schema.schemas[objectName];
  if (choice?.type === "multiple") return "the text, file:PATH, or env:VARIABLE";
  return Object.keys(schema.fields[objectName]?.properties ?? {}).join(" and ");
}

function plural(text: string): string {
  return text
    .replace(/^address\b/, "addresses")
    .replace(/ or network$/, " or networks")
    .replace(/^text$/, "texts");
}

function changeText({ update }: Field): string[] {
  if (update === "serverSet") return ["set by the server"];
  return update === "immutable" ? ["given when it is created"] : [];
}

function defaultText(type: FieldType, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "object") return Object.keys(value).length === 0 ? [] : [`default ${JSON.stringify(value)}`];
  const isDuration = type.type === "number" && type.format === "duration" && typeof value === "number";
  return [`default ${isDuration ? describeDuration(value) : String(value)}`];
}

function width(): number {
  return Math.min(terminalWidth(), usualWidth);
}
