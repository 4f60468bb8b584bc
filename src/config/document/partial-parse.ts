import type { z } from "zod";
import { isIgnored } from "../values/fields.ts";
import type { Finding } from "./configuration-error.ts";
import type { Path } from "./path.ts";
import { findingsOf } from "./zod-findings.ts";

export interface PartialParse<Settings> {
  /** The fields that are valid by themselves. */
  readonly fields: Partial<Settings>;
  /** Null when a field is not valid. */
  readonly settings: Settings | null;
  readonly findings: readonly Finding[];
  /** Fields that were given but have no effect. */
  readonly ignored: readonly string[];
}

/**
 * Parses an object and keeps its valid fields even when others are not: a check across fields then uses what there
 * is, so that one mistake does not hide another.
 */
export function partialParse<Schema extends z.ZodObject>(
  schema: Schema,
  value: unknown,
  path: Path,
): PartialParse<z.output<Schema>> {
  const whole = schema.safeParse(value);
  const ignored = ignoredIn(schema, value);
  if (whole.success) {
    const settings: Record<string, unknown> = whole.data;
    for (const field of ignored) delete settings[field];
    return { fields: whole.data, settings: whole.data, findings: [], ignored };
  }
  const fields: Record<string, unknown> = {};
  if (isObject(value)) {
    for (const [field, type] of Object.entries(schema.shape)) {
      const parsed = isIgnored(type) ? null : (type as z.ZodType).safeParse(value[field]);
      if (parsed?.success) fields[field] = parsed.data;
    }
  }
  const findings = findingsOf(whole.error, path);
  return { fields: fields as Partial<z.output<Schema>>, settings: null, findings, ignored };
}

function ignoredIn(schema: z.ZodObject, value: unknown): string[] {
  if (!isObject(value)) return [];
  return Object.entries(schema.shape).flatMap(([field, type]) =>
    Object.hasOwn(value, field) && isIgnored(type) ? [field] : [],
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
