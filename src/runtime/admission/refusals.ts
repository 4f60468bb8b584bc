/** What a rule's answer must be, whenever it comes: rules are an embedder's, and may be written without types. */
import type { Refusal } from "../../protocols/protocol.ts";

export function isRefusal(answer: unknown): answer is Refusal {
  if (typeof answer !== "object" || answer === null) return false;
  const { rule, limit, current } = answer as Partial<Refusal>;
  return typeof rule === "string" && typeof limit === "number" && typeof current === "number";
}
