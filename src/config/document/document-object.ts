/**
 * NaN as an object's numeric value: zod compares the `length` of any value that has one with its limits, even
 * where it expects a text or an array, and an object that cannot be converted to a number would throw.
 */
const prototype: object = Object.freeze(
  Object.defineProperty(Object.create(null), Symbol.toPrimitive, { value: () => Number.NaN }),
);

/**
 * Keys in the document's order, for objects that JavaScript would reorder: those that look like integers come first.
 */
const orders = new WeakMap<object, readonly string[]>();

/** An object for the fields of a document, with nothing inherited that could be taken for one. */
export function documentObject(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(prototype);
  for (const [key, value] of entries) object[key] = value;
  const keys = Array.from(entries, ([key]) => key);
  if (keys.some(isIndex)) orders.set(object, keys);
  return object;
}

/** The members of an object in a document, in the document's order. */
export function entriesOf(object: Readonly<Record<string, unknown>>): [string, unknown][] {
  return (orders.get(object) ?? Object.keys(object)).map((key) => [key, object[key]]);
}

/** Whether JavaScript puts a key of this text before all others, whatever the order of insertion. */
export function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key);
}
