/** What turns one JSON object into another, as a JSON merge patch (RFC 7396). */

export interface JsonTree {
  readonly [member: string]: unknown;
}

/** @returns null where nothing differs. Neither may hold null as a value: in a patch it takes a member away. */
export function mergePatch(before: JsonTree, after: JsonTree): JsonTree | null {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const changes = Object.entries(after).flatMap(([name, value]) => {
    const change = changeOf(Object.hasOwn(before, name) ? before[name] : undefined, value);
    return change === undefined ? [] : [[name, change] as const];
  });
  if (gone.length + changes.length === 0) return null;
  // Listeners and protocols have whatever names a document gives them, `__proto__` among them.
  return Object.fromEntries([...gone.map((name) => [name, null] as const), ...changes]);
}

/** Undefined where there is none. */
function changeOf(before: unknown, after: unknown): unknown {
  if (isTree(before) && isTree(after)) return mergePatch(before, after) ?? undefined;
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : after;
}

function isTree(value: unknown): value is JsonTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
