import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Finding, Position, Source } from "./configuration-error.ts";
import { documentObject } from "./document-object.ts";
import type { Path } from "./path.ts";
import { FORBIDDEN_KEY, MOST_NESTED, NESTED_TOO_DEEPLY } from "./plain-value.ts";

/**
 * Reads JSON with comments and trailing commas. A repeated key is an error, instead of the later value silently
 * replacing the earlier one. Only the first syntax error is reported: the following ones are mostly its consequences.
 */
export function readJsonText(text: string): Source {
  const positionOf = positions(text);
  const failed = (message: string, offset: number): Source => ({
    value: undefined,
    findings: [{ path: [], message, found: null, position: positionOf(offset) }],
    locate: () => undefined,
  });
  const json = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
  // The parser recurses: without this, brackets alone could overflow the stack.
  const tooDeep = firstTooDeep(json);
  if (tooDeep !== null) return failed(NESTED_TOO_DEEPLY, tooDeep);

  const errors: ParseError[] = [];
  const root = parseTree(json, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !root)
    return failed(first ? syntaxMessage(first) : "is empty; it must be a JSON object", first?.offset ?? 0);

  const findings: Finding[] = [];
  const value = plainValueOf(root, [], (path, message, node) => {
    findings.push({ path, message, found: null, position: positionOf(node.offset) });
  });
  const members = new Map<Node, ReadonlyMap<unknown, Node | undefined>>();
  return { value, findings, locate: (path) => positionOf(nodeAt(root, path, members).offset) };
}

type Report = (path: Path, message: string, node: Node) => void;

/** Builds the value by hand: in the parser's own objects, a `__proto__` key could change their prototype. */
function plainValueOf(node: Node, path: Path, report: Report): unknown {
  if (node.type === "array")
    return (node.children ?? []).map((child, index) => plainValueOf(child, [...path, index], report));
  if (node.type !== "object") return node.value;
  const members = new Map<string, unknown>();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (!keyNode || !valueNode) continue;
    const key = String(keyNode.value);
    if (key === "__proto__") report([...path, key], FORBIDDEN_KEY, keyNode);
    else if (members.has(key)) report([...path, key], "is given twice; keep one of them", keyNode);
    else members.set(key, plainValueOf(valueNode, [...path, key], report));
  }
  return documentObject(members);
}

/**
 * @param members of objects already searched, so that a thousand mistakes do not search a thousand times
 * @returns the node at the path, or the nearest one that exists
 */
function nodeAt(root: Node, path: Path, members: Map<Node, ReadonlyMap<unknown, Node | undefined>>): Node {
  let node = root;
  for (const segment of path) {
    if (typeof segment === "string" && !members.has(node)) members.set(node, membersOf(node));
    const child = typeof segment === "number" ? node.children?.[segment] : members.get(node)?.get(segment);
    if (!child) break;
    node = child;
  }
  return node;
}

/** Of a repeated key, the first counts. */
function membersOf({ children = [] }: Node): ReadonlyMap<unknown, Node | undefined> {
  return new Map(children.toReversed().map(({ children: pair }) => [pair?.[0]?.value, pair?.[1]]));
}

function firstTooDeep(text: string): number | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  // By the offset: behind a comment that nobody closes, the end of the text has a length.
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const token = text.charAt(scanner.getTokenOffset());
    if (token === "{" || token === "[") depth++;
    if (token === "}" || token === "]") depth--;
    if (depth > MOST_NESTED) return scanner.getTokenOffset();
  }
  return null;
}

const SYNTAX: ReadonlyMap<string, string> = new Map([
  ["InvalidSymbol", "there is a word that JSON does not know; texts stand in double quotes"],
  ["InvalidNumberFormat", "there is a number that JSON cannot read"],
  ["PropertyNameExpected", "a field name in double quotes is expected here"],
  ["ValueExpected", "a value is expected here"],
  ["ColonExpected", "a colon is expected here"],
  ["CommaExpected", "a comma is expected here"],
  ["CloseBraceExpected", "a closing } is expected here"],
  ["CloseBracketExpected", "a closing ] is expected here"],
  ["EndOfFileExpected", "the document has ended before this"],
  ["UnexpectedEndOfComment", "a comment is not closed"],
  ["UnexpectedEndOfString", "a text is not closed"],
  ["UnexpectedEndOfNumber", "a number is not complete"],
  ["InvalidUnicode", "there is an invalid \\u sequence"],
  ["InvalidEscapeCharacter", "there is an invalid escape sequence"],
  ["InvalidCharacter", "there is a character that must be escaped"],
]);

function syntaxMessage({ error }: ParseError): string {
  return `is not JSON: ${SYNTAX.get(printParseErrorCode(error)) ?? "the syntax is invalid here"}`;
}

/** Lines and columns of offsets, from 1. */
function positions(text: string): (offset: number) => Position {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
