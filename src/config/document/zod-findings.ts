import type { z } from "zod";
import type { Finding } from "./configuration-error.ts";
import type { Path } from "./path.ts";

/** Turns Zod's issues into findings, each at the place of the mistake. */
export function findingsOf(error: z.core.$ZodError, path: Path): Finding[] {
  const reported = new Set<string>();
  return error.issues
    .flatMap((issue) => findingsOfIssue(issue, path))
    .filter((finding) => {
      // A value may break several rules of its field; the text is the same for all of them.
      const key = JSON.stringify([finding.path, finding.message]);
      return !reported.has(key) && reported.add(key);
    });
}

function findingsOfIssue(issue: z.core.$ZodIssue, base: Path): Finding[] {
  const path = [...base, ...issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment))];
  if (issue.code === "invalid_union") {
    // The intended form is the one whose outermost type fits.
    const meant = issue.errors.find((issues) =>
      issues.every((inner) => inner.path.length > 0 || inner.code !== "invalid_type"),
    );
    if (meant) return meant.flatMap((inner) => findingsOfIssue(inner, path));
  }
  if (issue.code === "invalid_key") {
    const key = JSON.stringify(path.at(-1));
    return issue.issues.map(({ message }) => ({ path, message, found: key }));
  }
  const unknownField = issue.code === "invalid_type" && issue.expected === "never";
  if (unknownField || (issue.code === "custom" && issue.params?.["hideFound"])) {
    return [{ path, message: issue.message, found: null }];
  }
  return [{ path, message: issue.message }];
}
