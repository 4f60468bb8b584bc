import type { Configuration } from "./effective.ts";

/** Something to know about a document that is not a mistake. */
export interface DocumentWarning {
  readonly code: "ignored-fields";
  readonly text: string;
}

/** Fields of a document that have no effect, each once. */
export function documentWarnings({ ignoredFields }: Pick<Configuration, "ignoredFields">): DocumentWarning[] {
  if (ignoredFields.length === 0) return [];
  const text = `The document has fields that have no effect here, and are ignored: ${ignoredFields.join(", ")}.`;
  return [{ code: "ignored-fields", text }];
}
