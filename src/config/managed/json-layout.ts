/** How a JSON text is laid out, so that what is added to it looks like the rest. */
import type { Node } from "jsonc-parser";

export interface JsonLayout {
  readonly endOfLine: string;
  /** One level of indentation. */
  readonly unit: string;
  readonly colon: string;
  readonly comma: string;
  /** Between a brace and what it encloses, on one line. */
  readonly padding: string;
  /** A set is written as an array, unless the text has maps to true and no arrays of texts. */
  readonly hasArrays: boolean;
}

/** Columns that a list or an object of plain values may take on its line. */
const SHORT = 80;

export function layoutOf(text: string, root: Node): JsonLayout {
  const endOfLine = text.includes("\r\n") ? "\r\n" : "\n";
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  const [first] = root.type === "object" ? (root.children ?? []) : [];
  const [key, value] = first?.children ?? [];
  const isTight = key !== undefined && value !== undefined && text[value.offset - 1] === ":" && !text.includes("\n");
  const padding = /[{] (?=["}])/.test(text) ? " " : "";
  return {
    endOfLine,
    unit,
    colon: isTight ? ":" : ": ",
    comma: isTight ? "," : ", ",
    padding,
    hasArrays: /\[\s*"/.test(text) || !/"\s*:\s*true/.test(text),
  };
}

/** White space at the start of the line of an offset. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(startOfLine(text, offset), offset))?.[0] ?? "";
}

export function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** @param indent of the line on which the value starts; null: all of it on that line */
export function render(value: unknown, layout: JsonLayout, indent: string | null): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (layout.hasArrays && isSetMap(value)) return render(Object.keys(value), layout, indent);
  const isList = Array.isArray(value);
  const members = isList ? value.map((element: unknown) => ["", element] as const) : Object.entries(value);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (members.length === 0) return `${open}${close}`;
  const keyOf = (key: string): string => (isList ? "" : `${JSON.stringify(key)}${layout.colon}`);
  const onOneLine = (): string => {
    const padding = isList ? "" : layout.padding;
    const inside = members.map(([key, member]) => `${keyOf(key)}${render(member, layout, null)}`).join(layout.comma);
    return `${open}${padding}${inside}${padding}${close}`;
  };
  if (indent === null) return onOneLine();
  const isPlain = members.every(([, member]) => typeof member !== "object" || member === null);
  const isSet = isList || members.every(([, member]) => member === true);
  if (isPlain && isSet && onOneLine().length <= SHORT) return onOneLine();
  const inner = `${indent}${layout.unit}`;
  const lines = members.map(([key, member]) => `${inner}${keyOf(key)}${render(member, layout, inner)}`);
  return [`${open}`, lines.join(`,${layout.endOfLine}`), `${indent}${close}`].join(layout.endOfLine);
}

/** Of a document's maps only sets have nothing but true in them. */
function isSetMap(value: object): boolean {
  const members: readonly unknown[] = Array.isArray(value) ? [] : Object.values(value);
  return members.length > 0 && members.every((member) => member === true);
}
