/**
 * Changes a JSON text with comments where it has to be changed. Whatever a change does not concern stays as it is, to the
 * octet: order, white space, comments. What an editor for JSON does with commas would take the comment behind them along.
 */
import { createScanner, getNodeValue, type Node, parseTree } from "jsonc-parser";
import { isObject } from "../document/partial-parse.ts";
import { indentAt, type JsonLayout, layoutOf, render, startOfLine } from "./json-layout.ts";

/** A member that comes to an object, or an element that comes to an array. */
export interface Addition {
  /** Null in an array. */
  readonly key: string | null;
  readonly value: unknown;
}

interface Splice {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export class JsonEdits {
  readonly root: Node;
  readonly #text: string;
  readonly #layout: JsonLayout;
  readonly #splices: Splice[] = [];

  /** @param text that has been read without a mistake */
  constructor(text: string) {
    this.#text = text;
    const root = parseTree(text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text, [], { allowTrailingComma: true });
    if (!root) throw new Error("There is no JSON in the text.");
    this.root = root;
    this.#layout = layoutOf(text, root);
  }

  /** The text with all changes. */
  result(): string {
    const pieces: string[] = [];
    let at = 0;
    for (const { offset, length, text } of this.#splices.toSorted(
      (a, b) => a.offset - b.offset || a.length - b.length,
    )) {
      pieces.push(this.#text.slice(at, Math.max(at, offset)), text);
      at = Math.max(at, offset + length);
    }
    return [...pieces, this.#text.slice(at)].join("");
  }

  /** Makes a value another one, as far as they differ. A set is the same as an array and as a map to true. */
  become(node: Node, target: unknown): void {
    const elements = setOf(target);
    if (node.type === "array" && elements) this.#becomeSet(node, elements);
    else if (node.type === "object" && isObject(target)) this.#becomeObject(node, target);
    else if (node.type === "object" && elements && isSetNode(node))
      this.#becomeObject(node, Object.fromEntries(elements.map((element) => [element, true])));
    else if (JSON.stringify(getNodeValue(node)) !== JSON.stringify(target)) this.#replace(node, target);
  }

  /** Takes members or elements away, and puts others behind what stays. */
  members(container: Node, removed: ReadonlySet<Node>, added: readonly Addition[]): void {
    if (removed.size === 0 && added.length === 0) return;
    const children = container.children ?? [];
    const last = children.at(-1);
    const lastKept = children.findLast((child) => !removed.has(child));
    const hadTrailingComma = last !== undefined && this.#commaAfter(last) !== null;
    const tail = new Set(children.slice(lastKept === undefined ? 0 : children.indexOf(lastKept) + 1));
    for (const child of removed) this.#remove(container, child, tail.has(child));
    if (lastKept !== undefined) {
      const comma = this.#commaAfter(lastKept);
      if (added.length > 0 && comma === null) this.#splice(endOf(lastKept), 0, ",");
      if (added.length === 0 && comma !== null && lastKept !== last && !hadTrailingComma) this.#splice(comma, 1, "");
    }
    if (added.length > 0) this.#add(container, { lastKept, added, trailing: hadTrailingComma ? "," : "" });
  }

  /** Puts the whole value into an object, under a key, with others behind it. */
  wrap(key: string, others: readonly Addition[]): void {
    const { endOfLine, unit, colon } = this.#layout;
    const members = others.map((other) => this.#rendered(other, unit, true));
    this.#splice(this.root.offset, 0, `{${endOfLine}${unit}${JSON.stringify(key)}${colon}`);
    this.#splice(endOf(this.root), 0, [``, ...members.map((member) => `${unit}${member}`)].join(`,${endOfLine}`));
    this.#splice(endOf(this.root), 0, `${endOfLine}}`);
  }

  #becomeSet(node: Node, elements: readonly string[]): void {
    const children = node.children ?? [];
    if (!children.every(({ type }) => type === "string")) {
      this.#replace(node, elements);
      return;
    }
    const wanted = new Set(elements);
    const removed = new Set(children.filter(({ value }) => !wanted.has(value)));
    const there = new Set(children.map(({ value }) => value));
    const added = elements.filter((element) => !there.has(element)).map((value) => ({ key: null, value }));
    this.members(node, removed, added);
  }

  #becomeObject(node: Node, target: Readonly<Record<string, unknown>>): void {
    const members = membersOf(node);
    const removed = new Set<Node>();
    for (const [key, { property, value }] of members) {
      if (Object.hasOwn(target, key)) this.become(value, target[key]);
      else removed.add(property);
    }
    const added = Object.entries(target).filter(([key]) => !members.has(key));
    this.members(
      node,
      removed,
      added.map(([key, value]) => ({ key, value })),
    );
  }

  #replace(node: Node, value: unknown): void {
    const isOnOneLine = !this.#text.slice(node.offset, endOf(node)).includes("\n");
    const isList = typeof value === "object" && (node.type === "array" || node.type === "object");
    const indent = isOnOneLine && isList ? null : indentAt(this.#text, node.offset);
    this.#splice(node.offset, node.length, render(value, this.#layout, indent));
  }

  #add(
    container: Node,
    { lastKept, added, trailing }: { lastKept: Node | undefined; added: readonly Addition[]; trailing: string },
  ): void {
    const text = this.#text;
    const open = container.offset + 1;
    const [first] = container.children ?? [];
    const inside = text.slice(open, first?.offset ?? endOf(container) - 1);
    const isSection = container.parent === undefined || container.parent.parent?.parent === undefined;
    const isEmpty = first === undefined;
    const comments = isEmpty ? inside.trimEnd() : "";
    const from = lastKept ? (this.#commaAfter(lastKept) ?? endOf(lastKept) - 1) + 1 : open + comments.length;
    const rest = isEmpty ? { end: from, hasLineComment: inside.includes("//") } : this.#restOfLine(from);
    const isSpread = inside.includes("\n") || rest.hasLineComment || (isEmpty && isSection && text.includes("\n"));
    const base = indentAt(text, container.offset);
    const indent = first && inside.includes("\n") ? indentAt(text, first.offset) : `${base}${this.#layout.unit}`;
    const sibling = lastKept?.type === "property" ? lastKept.children?.[1] : lastKept;
    const isSpreadInside =
      isSpread && (sibling?.children === undefined || text.slice(sibling.offset, endOf(sibling)).includes("\n"));
    const rendered = added.map((addition) => this.#rendered(addition, indent, isSpreadInside));
    const { endOfLine, comma, padding } = this.#layout;
    if (isSpread) {
      const lines = rendered.join(`,${endOfLine}${indent}`);
      const after = isEmpty && !inside.slice(comments.length).includes("\n") ? `${endOfLine}${base}` : "";
      this.#splice(rest.end, 0, `${endOfLine}${indent}${lines}${trailing}${after}`);
      return;
    }
    const between =
      lastKept || comments !== ""
        ? comma.slice(1)
        : isEmpty
          ? paddingOf(container, padding)
          : (/[ \t]*$/.exec(inside)?.[0] ?? "");
    const after = isEmpty && inside === "" ? paddingOf(container, padding) : "";
    this.#splice(rest.end, 0, `${between}${rendered.join(comma)}${trailing}${after}`);
  }

  #rendered({ key, value }: Addition, indent: string, isSpread: boolean): string {
    const shown = render(value, this.#layout, isSpread ? indent : null);
    return key === null ? shown : `${JSON.stringify(key)}${this.#layout.colon}${shown}`;
  }

  #remove(container: Node, child: Node, isInTail: boolean): void {
    const text = this.#text;
    const comma = this.#commaAfter(child);
    const end = comma === null ? endOf(child) : comma + 1;
    const lineStart = startOfLine(text, child.offset);
    const startsLine = lineStart > container.offset && text.slice(lineStart, child.offset).trim() === "";
    const { end: lineEnd, endsLine } = this.#restOfLine(end);
    if (startsLine && endsLine) {
      const start = this.#withCommentsAbove(lineStart, container.offset);
      const newline = /^\r?\n/.exec(text.slice(lineEnd, lineEnd + 2))?.[0].length ?? 0;
      this.#splice(start, lineEnd + newline - start, "");
      return;
    }
    const following = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
    const next = text[end + following] ?? "";
    const isLast = isInTail || comma === null || /[\]}\r\n]/.test(next);
    const preceding = startsLine
      ? 0
      : (/[ \t]*$/.exec(text.slice(container.offset + 1, child.offset))?.[0].length ?? 0);
    const start = isLast ? child.offset - preceding : child.offset;
    this.#splice(start, (isLast ? end : end + following) - start, "");
  }

  /** Comments right above, on lines of their own, are about what is removed. */
  #withCommentsAbove(lineStart: number, floor: number): number {
    let start = lineStart;
    while (start > floor + 1) {
      const above = startOfLine(this.#text, start - 1);
      if (above <= floor || !/^\s*\/(?:\/.*|\*(?:(?!\*\/).)*\*\/\s*)$/.test(this.#text.slice(above, start).trimEnd()))
        break;
      start = above;
    }
    return start;
  }

  /** Comments that start on the line of an offset, up to its end or the next token. */
  #restOfLine(offset: number): { end: number; endsLine: boolean; hasLineComment: boolean } {
    const scanner = createScanner(this.#text, false);
    scanner.setPosition(offset);
    let end = offset;
    for (;;) {
      scanner.scan();
      const start = scanner.getTokenOffset();
      const token = this.#text.slice(start, start + scanner.getTokenLength());
      if (token.startsWith("//")) return { end: start + token.length, endsLine: true, hasLineComment: true };
      if (token.startsWith("/*")) end = start + token.length;
      else if (token === "" || /^[\r\n]/.test(token)) return { end: start, endsLine: true, hasLineComment: false };
      else if (token.trim() !== "") return { end, endsLine: false, hasLineComment: false };
    }
  }

  #commaAfter(child: Node): number | null {
    const scanner = createScanner(this.#text, true);
    scanner.setPosition(endOf(child));
    scanner.scan();
    return this.#text[scanner.getTokenOffset()] === "," ? scanner.getTokenOffset() : null;
  }

  #splice(offset: number, length: number, text: string): void {
    this.#splices.push({ offset, length, text });
  }
}

/** The members of an object by their keys. */
export function membersOf(node: Node): Map<string, { readonly property: Node; readonly value: Node }> {
  const members = new Map<string, { property: Node; value: Node }>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key && value) members.set(String(key.value), { property, value });
  }
  return members;
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

function paddingOf({ type }: Node, padding: string): string {
  return type === "object" ? padding : "";
}

/** The elements of a set, however it is written. */
export function setOf(value: unknown): string[] | null {
  if (Array.isArray(value)) return value.every((element) => typeof element === "string") ? [...new Set(value)] : null;
  if (!isObject(value)) return null;
  return Object.values(value).every((member) => member === true) ? Object.keys(value) : null;
}

function isSetNode(node: Node): boolean {
  return [...membersOf(node).values()].every(({ value }) => value.value === true);
}
