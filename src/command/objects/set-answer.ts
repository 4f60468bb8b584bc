/** What a `/set` answered, in words: each mistake beside its field. */
import type { MethodAnswer } from "../ask-jmap.ts";
import { columns } from "../columns.ts";
import { titleOf, type Value } from "./object-names.ts";

/** The width of lines for people where the terminal reports none. */
const usualWidth = 80;

/** One object that was not changed. */
export interface Refusal {
  /** `create`, `update` or `destroy`. */
  readonly verb: string;
  /** As it was named in the request. */
  readonly key: string;
  /** Its own mistake; false where it was not done because of others. */
  readonly isToBlame: boolean;
  readonly error: Value;
}

const verbs = { notCreated: "create", notUpdated: "update", notDestroyed: "destroy" } as const;

export function refusalsIn(answer: MethodAnswer): readonly Refusal[] {
  return Object.entries(verbs).flatMap(([member, verb]) =>
    Object.entries((answer[member] ?? {}) as Readonly<Record<string, Value>>).map(([key, error]) => {
      return { verb, key, isToBlame: error["reason"] !== "rolled-back", error };
    }),
  );
}

export interface Mistake {
  /** Empty for the object as a whole. */
  readonly property: string;
  readonly text: string;
}

export function mistakesIn(error: Value): readonly Mistake[] {
  const description = String(error["description"] ?? error["type"]);
  const given = error["validationErrors"];
  const own = (Array.isArray(given) ? given : []).map((one: Value): Mistake => {
    const property = String(one["property"] ?? "");
    const text = typeof one["value"] === "string" ? one["value"] : describeRule(one);
    return { property, text };
  });
  if (own.length > 0) return own;
  const properties = error["properties"];
  const [property] = Array.isArray(properties) && properties.length === 1 ? (properties as string[]) : [];
  return [{ property: property ?? "", text: description }];
}

function describeRule({ type, required }: Value): string {
  switch (type) {
    case "Required":
      return "must be given";
    case "MinLength":
    case "MinValue":
      return `must be at least ${required}`;
    case "MaxLength":
    case "MaxValue":
      return `must be at most ${required}`;
    default:
      return "is not valid";
  }
}

/** Where the change is, when it is not in the document. */
export function keptText(keptIn: unknown): string[] {
  if (typeof keptIn !== "string") return [];
  return [`The document cannot be written: ${keptIn} keeps the change, and it is merged at every start.`];
}

const done: Readonly<Record<string, string>> = { create: "created", update: "updated", destroy: "deleted" };

/** `NetworkListener lmtp was not created:`, and a line for each mistake. */
export function describeRefusal(object: string, name: string, { verb, error }: Refusal): string {
  const rows = mistakesIn(error).map(({ property, text }) => (property === "" ? [text] : [property, text]));
  const indented = columns(alike(rows), usualWidth - 2).replaceAll(/^/gm, "  ");
  return `${titleOf(object, name)} was not ${done[verb]}:\n${indented}`;
}

function alike(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.some(({ length }) => length > 1) ? rows.map((row) => (row.length > 1 ? row : ["", ...row])) : rows;
}
