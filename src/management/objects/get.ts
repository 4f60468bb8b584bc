/** `/get` (RFC 8620 section 5.1). */
import { getArguments } from "../jmap/arguments.ts";
import type { Json, JsonObject } from "../jmap/json.ts";
import { coreLimits } from "../jmap/limits.ts";
import { MethodError } from "../jmap/method-error.ts";
import type { CreatedIds } from "../jmap/responses.ts";
import { accountId } from "../jmap/session.ts";
import type { ManagedObject, ManagedValue } from "./managed-object.ts";

/** @throws MethodError */
export function get(object: ManagedObject, args: JsonObject, createdIds: CreatedIds): JsonObject {
  const { ids, properties } = getArguments(args);
  const shown = shownProperties(object, properties ?? null);
  const wanted = ids ? [...new Set(ids.map((id) => idOf(id, createdIds)))] : null;
  if (wanted) holdToLimit(wanted.length);
  const { state, values } = object.snapshot();
  if (!wanted) {
    holdToLimit(values.length);
    return { accountId, state, list: values.map(shown), notFound: [] };
  }
  const byId = new Map(values.map((value) => [value.id, value]));
  const found = wanted.flatMap((id) => byId.get(id) ?? []);
  return { accountId, state, list: found.map(shown), notFound: wanted.filter((id) => !byId.has(id)) };
}

/** `#n1` stands for what was created under this creation id, in this request or one before it. */
export function idOf(id: string, createdIds: CreatedIds): string {
  return id.startsWith("#") ? (createdIds.get(id.slice(1)) ?? id) : id;
}

function holdToLimit(count: number): void {
  const { maxObjectsInGet } = coreLimits;
  if (count <= maxObjectsInGet) return;
  const advice = "query for ids, and get them page by page";
  throw new MethodError(
    "requestTooLarge",
    `There are ${count} objects, and at most ${maxObjectsInGet} are answered with: ${advice}.`,
  );
}

function shownProperties({ name, fields }: ManagedObject, properties: readonly string[] | null) {
  if (properties === null) return (value: ManagedValue): JsonObject => value;
  const unknown = properties.find((property) => property !== "id" && !fields.has(property));
  if (unknown !== undefined)
    throw new MethodError("invalidArguments", `x:${name} has no property ${JSON.stringify(unknown)}.`);
  const names = [...new Set(["id", ...properties])];
  // Nothing but what is asked for is read: some of it is made only then.
  return (value: ManagedValue): JsonObject =>
    Object.fromEntries(names.flatMap((name) => (name in value ? [[name, value[name] as Json] as const] : [])));
}
