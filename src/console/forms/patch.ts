/** What has changed between two values of an object, as the patch of a `/set` (RFC 8620 section 5.3). */

export type Path = readonly string[];

/** A JSON pointer without its first slash (RFC 6901). */
export function pointerOf(path: Path): string {
  return path.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}

/**
 * The smallest patch: what is unchanged within an object is not sent, so that a secret that nobody can read stays.
 * One whose `@type` has changed is another object, and is sent whole.
 */
export function patchBetween(before: unknown, after: unknown): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  collect(before, after, { path: [], patch });
  return patch;
}

function collect(
  before: unknown,
  after: unknown,
  { path, patch }: { readonly path: Path; readonly patch: Record<string, unknown> },
): void {
  if (isSame(before, after)) return;
  if (!isObject(before) || !isObject(after) || before["@type"] !== after["@type"]) {
    patch[pointerOf(path)] = after ?? null;
    return;
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    collect(before[name], after[name], { path: [...path, name], patch });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whatever the order of names within objects. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other || (one ?? null) === (other ?? null)) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  if (!isObject(one) || !isObject(other)) return false;
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((name) => isSame(one[name], other[name]));
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const name of path) {
    if (Array.isArray(value)) value = value[Number(name)];
    else if (isObject(value) && Object.hasOwn(value, name)) value = value[name];
    else return undefined;
  }
  return value;
}

/** A copy with another value there; undefined takes it away. */
export function withValueAt(root: unknown, path: Path, value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(root)) {
    const items = [...root];
    if (rest.length === 0 && value === undefined) items.splice(Number(name), 1);
    else items[Number(name)] = withValueAt(items[Number(name)], rest, value);
    return items;
  }
  const { [name]: current, ...others } = isObject(root) ? root : {};
  const inner = withValueAt(current, rest, value);
  return inner === undefined ? others : { ...(isObject(root) ? root : {}), [name]: inner };
}
