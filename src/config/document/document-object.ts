/**
 * NaN, where the value of an object is asked for: zod compares the `length` of whatever has one with its limits, also
 * where it wants a text or an array, and an object that cannot be compared would throw.
 */
const prototype: object = Object.freeze(
  Object.defineProperty(Object.create(null), Symbol.toPrimitive, { value: () => Number.NaN }),
);

/** Keys in the order of the document, for objects that have theirs in another: those that look like integers come first. */
const orders = new WeakMap<object, readonly string[]>();

/** An object for the fields of a document: nothing inherited can be taken for one. */
export function documentObject(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(prototype);
  for (const [key, value] of entries) object[key] = value;
  const keys = Array.from(entries, ([key]) => key);
  if (keys.some(isIndex)) orders.set(object, keys);
  return object;
}

/** What an object of a document holds, in the order in which it is written there. */
export function entriesOf(object: Readonly<Record<string, unknown>>): [string, unknown][] {
  return (orders.get(object) ?? Object.keys(object)).map((key) => [key, object[key]]);
}

/** Whether an object would have a key of this text before all that are not such, whatever was written first. */
export function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key);
}
