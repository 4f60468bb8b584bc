import type { Finding, Source } from "./configuration-error.ts";
import { documentObject } from "./document-object.ts";
import type { Path } from "./path.ts";

/** Far more than any document needs. */
export const MOST_NESTED = 32;
export const NESTED_TOO_DEEPLY = `is nested more than ${MOST_NESTED} levels deep`;
export const FORBIDDEN_KEY = "is not allowed as a key";

/**
 * Takes a value made by a program. It is copied into objects without prototype, as JSON would hold it, so that
 * accessors run once and nothing inherited is taken for a field. A Map counts as an object that keeps its order.
 */
export function readPlainValue(value: unknown): Source {
  const copies: Copies = { done: new Map(), findings: [] };
  return { value: copyOf(value, [], copies), findings: copies.findings, locate: () => undefined };
}

interface Copies {
  /** Copies by original, since an object that occurs twice is copied once; null while its copy is being made. */
  readonly done: Map<object, object | null>;
  readonly findings: Finding[];
}

function copyOf(value: unknown, path: Path, copies: Copies): unknown {
  if (typeof value !== "object" || value === null) return value;
  const refuse = (message: string): undefined => {
    copies.findings.push({ path, message, found: null });
  };
  if (path.length > MOST_NESTED) return refuse(NESTED_TOO_DEEPLY);
  const known = copies.done.get(value);
  if (known === null) return refuse("contains itself");
  if (known !== undefined) return known;
  copies.done.set(value, null);
  try {
    const copy = Array.isArray(value)
      ? Array.from(value, (element: unknown, index) => copyOf(element, [...path, index], copies))
      : copyOfObject(value, path, copies);
    copies.done.set(value, copy);
    return copy;
  } catch {
    // An accessor or a proxy threw; its error is not ours to report.
    return refuse("cannot be read");
  }
}

function copyOfObject(value: object, path: Path, copies: Copies): object {
  const members: [string, unknown][] = [];
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [key, member] of entries) {
    if (typeof key !== "string") copies.findings.push({ path, message: "must have texts for keys", found: null });
    else if (key === "__proto__") copies.findings.push({ path: [...path, key], message: FORBIDDEN_KEY, found: null });
    else if (member !== undefined) members.push([key, copyOf(member, [...path, key], copies)]);
  }
  return documentObject(members);
}
