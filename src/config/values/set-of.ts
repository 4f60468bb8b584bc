import { z } from "zod";
import { mustBe } from "./expectation.ts";
import { type Reading, read, unreadable } from "./reading.ts";

interface SetOptions<T> {
  /** What the elements are, in the plural, for error texts. */
  readonly of: string;
  /** Checks the text of one element. */
  readonly element: z.ZodType<string, string>;
  /** The value of a checked text. */
  readonly reader: (text: string) => Reading<T>;
  /** The canonical text: two elements with the same one are equal. */
  readonly textOf: (element: T) => string;
  readonly atLeastOne?: boolean;
}

/** A set: an array of texts, or a map from text to `true` (RFC 8620 1.1, `String[Boolean]`). */
export function setOf<T>(options: SetOptions<T>) {
  const { of, element, reader, atLeastOne = false } = options;
  const size = atLeastOne ? "at least one" : "any number";
  const error = mustBe(`an array of ${of}, or a map from each to true; ${size}`);
  const present = z.literal(true, { error: mustBe("true; to take the element out of the set, leave it out") });
  const eachOnce = (given: unknown, context: z.core.$RefinementCtx): void => reportRepeated(given, context, options);
  // Even when an element is not valid: one mistake does not hide another.
  const always = { when: () => true };
  const array = z
    .array(element, { error })
    .min(atLeastOne ? 1 : 0, { error })
    .superRefine(eachOnce, always);
  const map = z
    .record(element, present, { error })
    .refine((given) => !atLeastOne || Object.keys(given).length > 0, { error })
    .superRefine(eachOnce, always);
  return z.union([array, map], { error }).transform((given): readonly T[] =>
    textsOf(given).flatMap((text) => {
      const reading = reader(text);
      return reading.ok ? [reading.value] : [];
    }),
  );
}

function textsOf(given: unknown): string[] {
  if (Array.isArray(given)) return given;
  return typeof given === "object" && given !== null ? Object.keys(given) : [];
}

function reportRepeated<T>(given: unknown, context: z.core.$RefinementCtx, { reader, textOf }: SetOptions<T>): void {
  const seen = new Set<string>();
  for (const [index, text] of textsOf(given).entries()) {
    const reading = typeof text === "string" ? reader(text) : null;
    if (!reading?.ok) continue;
    const canonical = textOf(reading.value);
    if (seen.has(canonical)) {
      const message = `is in the set twice, as ${canonical}`;
      const path = [Array.isArray(given) ? index : text];
      context.addIssue({ code: "custom", path, message, params: { hideFound: true } });
    }
    seen.add(canonical);
  }
}

/** A set of names from a fixed list. */
export function setOfNames<Name extends string>(of: string, names: readonly [Name, ...Name[]]) {
  const known = new Set<string>(names);
  const allowed = mustBe(names.length === 1 ? JSON.stringify(names[0]) : `one of ${names.join(", ")}`);
  const isName = (text: string): text is Name => known.has(text);
  // z.enum as the key of a map would require every name of the list.
  const element = z.string({ error: allowed }).refine((text): boolean => known.has(text), { error: allowed });
  return setOf<Name>({
    of,
    element: element.meta({ enum: [...names] }),
    reader: (text) => (isName(text) ? read(text) : unreadable(`must be one of ${names.join(", ")}`)),
    textOf: (name) => name,
  });
}
