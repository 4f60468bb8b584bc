/** Values as JSON has them. Objects of a request may have any key, `__proto__` too: only own members are looked at. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member; undefined where there is none. */
export function memberOf(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** An object of these members. Unlike an assignment, it takes `__proto__` for a key like any other. */
export function objectOf<Value>(members: Iterable<readonly [string, Value]>): Record<string, Value> {
  return Object.fromEntries(members);
}
