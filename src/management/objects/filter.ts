/** Filters of `/query` (RFC 8620 section 5.5): equality of scalar fields, ranges of numbers and dates, and AND, OR, NOT of those. */
import { isObject, type Json, type JsonObject, memberOf } from "../jmap/json.ts";
import { mostConditions } from "../jmap/limits.ts";
import { MethodError } from "../jmap/method-error.ts";
import type { FieldKind, ManagedObject, ManagedValue } from "./managed-object.ts";

export type Predicate = (value: ManagedValue) => boolean;

type Comparable = string | number;

/** Longer ones first: shorter ones are their beginnings. */
const ranges: readonly (readonly [string, (found: Comparable, bound: Comparable) => boolean])[] = [
  ["IsGreaterThanOrEqual", (found, bound) => found >= bound],
  ["IsLessThanOrEqual", (found, bound) => found <= bound],
  ["IsGreaterThan", (found, bound) => found > bound],
  ["IsLessThan", (found, bound) => found < bound],
];

/** @throws MethodError `unsupportedFilter`, `invalidArguments` */
export function predicateOf(object: ManagedObject, filter: JsonObject | null): Predicate {
  return filter === null ? () => true : new FilterReader(object).read(filter);
}

class FilterReader {
  readonly #object: ManagedObject;
  #conditions = 0;

  constructor(object: ManagedObject) {
    this.#object = object;
  }

  read(filter: JsonObject): Predicate {
    this.#conditions++;
    if (this.#conditions > mostConditions) throw unsupported(`A filter has at most ${mostConditions} conditions.`);
    const operator = memberOf(filter, "operator");
    if (operator !== undefined && !this.#object.fields.has("operator")) return this.#operation(operator, filter);
    const conditions = Object.entries(filter).map(([name, value]) => this.#condition(name, value));
    return (value) => conditions.every((holds) => holds(value));
  }

  #operation(operator: Json, filter: JsonObject): Predicate {
    const given = memberOf(filter, "conditions");
    if (!Array.isArray(given) || !given.every(isObject))
      throw new MethodError("invalidArguments", "conditions of a filter must be an array of filters.");
    const conditions = given.map((one) => this.read(one));
    switch (operator) {
      case "AND":
        return (value) => conditions.every((holds) => holds(value));
      case "OR":
        return (value) => conditions.some((holds) => holds(value));
      case "NOT":
        return (value) => !conditions.some((holds) => holds(value));
      default:
        throw unsupported("The operator of a filter is AND, OR or NOT.");
    }
  }

  #condition(name: string, wanted: Json): Predicate {
    const kind = this.#kindOf(name);
    if (kind !== null) {
      if (wanted === null) return (value) => value[name] === null;
      const expected = scalar(name, kind, wanted);
      return (value) => comparable(kind, value[name]) === expected;
    }
    for (const [suffix, holds] of ranges) {
      const field = name.endsWith(suffix) ? name.slice(0, -suffix.length) : "";
      const ranged = this.#kindOf(field);
      if (ranged !== "number" && ranged !== "date") continue;
      const bound = scalar(name, ranged, wanted);
      return (value) => {
        const found = comparable(ranged, value[field]);
        return typeof found !== "boolean" && found !== null && typeof bound !== "boolean" && holds(found, bound);
      };
    }
    throw unsupported(`x:${this.#object.name} cannot be asked for by ${JSON.stringify(name)}.`);
  }

  #kindOf(field: string): FieldKind | null {
    if (field === "id") return "string";
    const kind = this.#object.fields.get(field);
    return kind === undefined || kind === "other" ? null : kind;
  }
}

/** Dates are compared as moments, whatever their zone is. */
export function comparable(kind: FieldKind, value: Json | undefined): string | number | boolean | null {
  if (kind === "date") return typeof value === "string" ? Date.parse(value) : null;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function scalar(name: string, kind: FieldKind, wanted: Json): string | number | boolean {
  const value = comparable(kind, wanted);
  const type = kind === "date" ? "number" : kind;
  if (value !== null && typeof value === type && !Number.isNaN(value)) return value;
  const form = kind === "date" ? 'a date like "2030-01-31T12:00:00Z"' : `a ${kind}`;
  throw new MethodError("invalidArguments", `The filter ${name} must be ${form}.`);
}

function unsupported(description: string): MethodError {
  return new MethodError("unsupportedFilter", description);
}
