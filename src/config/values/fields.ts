import { z } from "zod";
import { mustBe } from "./expectation.ts";
import { suggestion } from "./nearest.ts";

/** The largest number that setsockopt(2), listen(2) and timers take: 2^31 − 1. */
export const INT_MAX = 2_147_483_647;

/**
 * An object of known fields. Any other field is an error at the field's own path, with the nearest known name.
 * @param readOnly fields that exist but cannot be written, each with the reason.
 */
export function fieldsOf<Shape extends z.core.$ZodLooseShape>(shape: Shape, readOnly: Record<string, string> = {}) {
  const unknown = z.never({
    error: (issue) => {
      const field = String(issue.path?.at(-1));
      return Object.hasOwn(readOnly, field) ? readOnly[field] : unknownField(field, Object.keys(shape));
    },
  });
  // z.strictObject reports all unknown fields as one issue of the object; as a catch-all each gets its own path.
  const schema = z.object(shape, { error: mustBe("an object") }).catchall(unknown.optional());
  return schema as unknown as z.ZodObject<Shape, z.core.$strict>;
}

export function unknownField(field: string, known: readonly string[]): string {
  return `is not a known field; ${suggestion(field, known)}`;
}

const COUNT = `a whole number from 1 to ${INT_MAX}`;

/** A whole number of at least 1. */
export function count() {
  const error = mustBe(COUNT);
  return z.int({ error }).min(1, { error }).max(INT_MAX, { error });
}

/** A whole number of at least 1, or null for what the field's description says. */
export function countOrNull() {
  const error = mustBe(`${COUNT}, or null`);
  return z.int({ error }).min(1, { error }).max(INT_MAX, { error }).nullable().default(null);
}

/** One octet of the IP header, or null for the operating system's own. */
export function octetOrNull() {
  const error = mustBe("a whole number from 1 to 255, or null");
  return z.int({ error }).min(1, { error }).max(255, { error }).nullable().default(null);
}

export function flag(byDefault: boolean) {
  return z.boolean({ error: mustBe("true or false") }).default(byDefault);
}
