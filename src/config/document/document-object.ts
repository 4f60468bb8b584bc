/**
 * NaN, where the value of an object is asked for: zod compares the `length` of whatever has one with its limits, also
 * where it wants a text or an array, and an object that cannot be compared would throw.
 */
const prototype: object = Object.freeze(
  Object.defineProperty(Object.create(null), Symbol.toPrimitive, { value: () => Number.NaN }),
);

/** An object for the fields of a document: nothing inherited can be taken for one. */
export function documentObject(): Record<string, unknown> {
  return Object.create(prototype);
}
