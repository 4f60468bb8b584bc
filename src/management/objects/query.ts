/** `/query` (RFC 8620 section 5.5). */
import { type QueryArguments, queryArguments } from "../jmap/arguments.ts";
import type { JsonObject } from "../jmap/json.ts";
import { mostIdsInQuery } from "../jmap/limits.ts";
import { MethodError } from "../jmap/method-error.ts";
import type { CreatedIds } from "../jmap/responses.ts";
import { accountId } from "../jmap/session.ts";
import { comparable, predicateOf } from "./filter.ts";
import { idOf } from "./get.ts";
import type { FieldKind, ManagedObject, ManagedValue } from "./managed-object.ts";

/** @throws MethodError */
export function query(object: ManagedObject, args: JsonObject, createdIds: CreatedIds): JsonObject {
  const asked = queryArguments(args);
  const matches = predicateOf(object, asked.filter ?? null);
  const order = orderOf(object, asked.sort ?? []);
  const { state, values } = object.snapshot();
  const found = values.filter(matches);
  if (order) found.sort(order);
  const ids = found.map(({ id }) => id);
  const position = positionOf(ids, asked, createdIds);
  const limit = Math.min(asked.limit ?? mostIdsInQuery, mostIdsInQuery);
  return {
    accountId,
    queryState: state,
    canCalculateChanges: false,
    position,
    ids: ids.slice(position, position + limit),
    ...(asked.calculateTotal ? { total: ids.length } : {}),
    ...(limit === asked.limit || ids.length - position <= limit ? {} : { limit }),
  };
}

/** Where the answer begins in the whole list. @throws MethodError `anchorNotFound` */
function positionOf(ids: readonly string[], asked: QueryArguments, createdIds: CreatedIds): number {
  const { anchor = null } = asked;
  if (anchor === null) {
    const position = asked.position ?? 0;
    return position < 0 ? Math.max(0, ids.length + position) : Math.min(position, ids.length);
  }
  const at = ids.indexOf(idOf(anchor, createdIds));
  if (at < 0)
    throw new MethodError("anchorNotFound", `The anchor ${JSON.stringify(anchor)} is not among what was found.`);
  return Math.min(Math.max(0, at + (asked.anchorOffset ?? 0)), ids.length);
}

type Order = (a: ManagedValue, b: ManagedValue) => number;

/** Null for that in which they are: of the document, or of their coming. @throws MethodError `unsupportedSort` */
function orderOf(object: ManagedObject, sort: NonNullable<QueryArguments["sort"]>): Order | null {
  if (sort.length === 0) return null;
  const orders = sort.map(({ property, isAscending, collation = null }): Order => {
    const kind: FieldKind = property === "id" ? "string" : (object.fields.get(property) ?? "other");
    if (kind === "other" || (collation !== null && collation !== "i;octet"))
      throw new MethodError("unsupportedSort", `x:${object.name} cannot be sorted by ${JSON.stringify(property)} so.`);
    const direction = (isAscending ?? true) ? 1 : -1;
    return (a, b) => direction * compare(comparable(kind, a[property]), comparable(kind, b[property]));
  });
  return (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

/** What is not there comes first. */
function compare(a: string | number | boolean | null, b: string | number | boolean | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
