import { formatPath, type Path, valueAt } from "./path.ts";

/** One mistake in a configuration document. */
export interface ConfigurationIssue {
  /** Where: `NetworkListener[0].bind[1]`; empty for the document as a whole. */
  readonly path: string;
  /** What is allowed, or what is wrong with it. Never holds a secret. */
  readonly message: string;
  /** What was found instead; of a secret, only its type. Absent where nothing was found. */
  readonly found?: string;
  /** In a document that was given as text: the line and column, from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** The document is not valid; `issues` holds every mistake, and `message` lists them all. Nothing was changed. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code = "invalid-configuration";
  readonly issues: readonly ConfigurationIssue[];
  /** The file that was read, if any. */
  readonly file: string | undefined;

  constructor(
    issues: readonly ConfigurationIssue[],
    options: { readonly file?: string | undefined; readonly cause?: unknown } = {},
  ) {
    const count = issues.length === 1 ? "1 error" : `${issues.length} errors`;
    const lines = issues.map((issue) => `  ${describeIssue(issue)}`);
    super(`${options.file ?? "The configuration"} has ${count}:\n${lines.join("\n")}`, { cause: options.cause });
    this.issues = issues;
    this.file = options.file;
  }
}

/** One line: `NetworkListener[0].tlsTimeout (line 4, column 60): must be …; found "1x"`. */
export function describeIssue({ path, message, found, line, column }: ConfigurationIssue): string {
  const position = line === undefined ? "" : ` (line ${line}, column ${column})`;
  return `${path || "document"}${position}: ${message}${found === undefined ? "" : `; found ${found}`}`;
}

/** A mistake before it is located in its source. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** Shown instead of the value at the path; null to show nothing. */
  readonly found?: string | null;
  /** The path to locate in the source, if not the mistake's own. */
  readonly position?: Position;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The source of a document: its value, what was wrong with it before it could be validated, and its positions. */
export interface Source {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  locate(path: Path): Position | undefined;
}

/** Words findings, in the order of the document. */
export function issuesOf(findings: readonly Finding[], source: Source): ConfigurationIssue[] {
  const issues = findings.map(({ path, message, found, position = source.locate(path) }): ConfigurationIssue => {
    const shown = found === undefined ? describeFound(path, source.value) : found;
    return { path: formatPath(path), message, ...(shown === null ? {} : { found: shown }), ...position };
  });
  return issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Sections that hold secrets, and their fields that may be shown all the same. */
const SECRET_SECTIONS: ReadonlySet<unknown> = new Set(["Certificate", "Account"]);
const SHOWN_FIELDS: ReadonlySet<unknown> = new Set([
  "@type",
  "filePath",
  "variableName",
  "roles",
  "domains",
  "contact",
  "directory",
  "challenge",
  "eabKeyId",
]);
const LONGEST_SHOWN = 80;

function describeFound(path: Path, document: unknown): string | null {
  const value = valueAt(document, path);
  if (value === undefined) return null;
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  const secret =
    (SECRET_SECTIONS.has(path[0]) && !path.slice(2).some((segment) => SHOWN_FIELDS.has(segment))) ||
    (path[1] === "cluster" && path[2] === "url");
  switch (typeof value) {
    case "string":
      return secret ? "a string" : shorten(JSON.stringify(value));
    case "number":
    case "boolean":
      return secret ? `a ${typeof value}` : String(value);
    case "object":
      return Object.keys(value).length === 0 ? "an empty object" : "an object";
    default:
      return `a ${typeof value}`;
  }
}

function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
