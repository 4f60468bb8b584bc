import type { z } from "zod";

/**
 * The error texts of a field: what it must be, in the words of the documentation. Zod's own texts name the first rule
 * that failed; a reader needs everything that is allowed.
 */
export function mustBe(allowed: string): z.core.$ZodErrorMap {
  return (issue) => (issue.input === undefined ? `is required: ${allowed}` : `must be ${allowed}`);
}
