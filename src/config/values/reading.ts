import type { z } from "zod";

/** The value that a text stands for, or why it cannot be read. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  /** Follows the name of the field: `must be …`. */
  | { readonly ok: false; readonly reason: string };

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function unreadable(reason: string): Reading<never> {
  return { ok: false, reason };
}

/** A check for zod's `superRefine` that a text can be read. */
export function readableBy(reader: (text: string) => Reading<unknown>) {
  return (text: string, context: z.RefinementCtx): void => {
    const reading = reader(text);
    if (!reading.ok) context.addIssue({ code: "custom", message: reading.reason });
  };
}
