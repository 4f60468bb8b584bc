import { z } from "zod";
import { mustBe } from "./expectation.ts";
import { suggestion } from "./nearest.ts";

/** The largest number that setsockopt(2), listen(2) and timers accept: 2^31 − 1. */
export const INT_MAX = 2_147_483_647;

/** Fields that are known but have no effect here, each with the reason. */
export type IgnoredFields = Readonly<Record<string, string>>;

/** What a server sets in every object it returns (RFC 8620 section 1.2, `id`). */
export const SERVER_SET: IgnoredFields = {
  id: "Set by a server. Ignored.",
  createdAt: "Set by a server. Ignored.",
};

/**
 * An object of known fields. Any other field is an error at the field's own path, with the nearest known name.
 * @param ignored may be present with any value; the schema's output still has them: `isIgnored` identifies them.
 */
export function fieldsOf<Shape extends z.core.$ZodLooseShape>(shape: Shape, ignored: IgnoredFields = {}) {
  const unknown = z.never({
    error: (issue) => unknownField(String(issue.path?.at(-1)), Object.keys(shape)),
  });
  const rest = Object.entries(ignored).map(
    ([field, why]) => [field, z.unknown().optional().meta({ description: why, deprecated: true })] as const,
  );
  // z.strictObject reports all unknown fields as one issue of the object; as a catch-all each gets its own path.
  const schema = z
    .object({ ...shape, ...Object.fromEntries(rest) }, { error: mustBe("an object") })
    .catchall(unknown.optional());
  return schema as unknown as z.ZodObject<Shape, z.core.$strict>;
}

/** Whether a field of `fieldsOf` has no effect here. */
export function isIgnored(field: z.core.$ZodType): boolean {
  return z.globalRegistry.get(field)?.["deprecated"] === true;
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

/** One octet of the IP header, or null for the operating system's default. */
export function octetOrNull() {
  const allowed = mustBe("a whole number from 1 to 255, or null");
  const tooLarge = mustBe(
    "a whole number from 1 to 255, or null: it is one octet of the IP header, also in Stalwart, which stores larger numbers",
  );
  const error: z.core.$ZodErrorMap = (issue) =>
    (typeof issue.input === "number" && issue.input > 255 ? tooLarge : allowed)(issue);
  return z.int({ error }).min(1, { error }).max(255, { error }).nullable().default(null);
}

export function flag(byDefault: boolean) {
  return z.boolean({ error: mustBe("true or false") }).default(byDefault);
}
