/** Patches of an object (RFC 8620 section 5.3), for documents: a field that is not there has its default. */
import { setOf } from "./json-edits.ts";

type Value = Readonly<Record<string, unknown>>;

/** @returns the object afterwards, or what is wrong with which path. */
export function patched(
  value: Value,
  patch: Value,
): { readonly value: Value } | { readonly path: readonly string[]; readonly message: string } {
  let current = value;
  const paths = Object.keys(patch);
  for (const [pointer, target] of Object.entries(patch)) {
    const path = pointer.split("/").map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (paths.some((other) => other !== pointer && pointer.startsWith(`${other}/`)))
      return { path, message: "is below another path of the same patch" };
    const next = at(current, path, target);
    if (next === null) return { path, message: "leads into a value that has no members" };
    current = next;
  }
  return { value: current };
}

function at(value: unknown, [key, ...rest]: readonly string[], target: unknown): Value | null {
  const members = value === undefined ? {} : membersOf(value);
  if (!members || key === undefined || key === "__proto__") return null;
  const { [key]: present, ...others } = members;
  if (rest.length === 0) return target === null ? others : { ...members, [key]: target };
  const inner = at(present ?? undefined, rest, target);
  return inner && { ...members, [key]: inner };
}

function membersOf(value: unknown): Value | null {
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) return value as Value;
  const elements = setOf(value);
  return elements && Object.fromEntries(elements.map((element) => [element, true]));
}
