/** The difference of two documents, object by object, as far as they differ in effect: secrets are compared and never shown. */
import { type Configuration, type SectionName, serializeDocument } from "../../config/index.ts";
import { isObject, type Json, type JsonObject } from "../jmap/json.ts";
import { documentSections } from "./document-objects.ts";
import { defaultsOf, secretFields } from "./field-kinds.ts";
import { singletonId } from "./managed-object.ts";
import { withoutSecret } from "./secrets.ts";

/** One object that is not in both documents as it is. */
export interface ObjectDifference {
  readonly section: SectionName;
  /** What tells objects of a section apart in any document: a listener's name, an address, a certificate's id. */
  readonly key: string;
  readonly kind: "created" | "updated" | "destroyed";
  /** Those that differ; of an object that is in one of them alone, those that are not the default. */
  readonly fields: readonly FieldDifference[];
}

export interface FieldDifference {
  readonly field: string;
  /** With secrets. Null stands for the default. */
  readonly from: Json;
  readonly to: Json;
}

export function documentDifference(from: Configuration, to: Configuration): readonly ObjectDifference[] {
  if (from === to) return [];
  const [before, after] = [serialized(from), serialized(to)];
  return documentSections.flatMap((section) => {
    const [former, current] = [objectsOf(before, section), objectsOf(after, section)];
    const defaults = defaultsOf(section);
    const difference = (key: string, kind: ObjectDifference["kind"]): ObjectDifference[] => {
      const fields = differingFields(former.get(key) ?? defaults, current.get(key) ?? defaults, defaults);
      return kind === "updated" && fields.length === 0 ? [] : [{ section, key, kind, fields }];
    };
    return [
      ...[...former.keys()].flatMap((key) => (current.has(key) ? [] : difference(key, "destroyed"))),
      ...[...current.keys()].flatMap((key) => difference(key, former.has(key) ? "updated" : "created")),
    ];
  });
}

/** At most so many objects of a difference are shown. */
export const mostShown = 200;

/** For people: `{"x:NetworkListener smtp": {"kind": "updated", "fields": {"bind": {"from", "to"}}}}`. */
export function shownDifference(difference: readonly ObjectDifference[]): JsonObject {
  return Object.fromEntries(
    difference.slice(0, mostShown).map(({ section, key, kind, fields }) => {
      const secret = new Set(secretFields(section));
      const shown = fields.map(({ field, from, to }): [string, JsonObject] => [
        field,
        secret.has(field) ? { from: withoutSecret(from), to: withoutSecret(to), isSecret: true } : { from, to },
      ]);
      return [`x:${section} ${key}`, { kind, fields: Object.fromEntries(shown) }];
    }),
  );
}

function differingFields(from: JsonObject, to: JsonObject, defaults: JsonObject): FieldDifference[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  const orDefault = (field: string, value: Json | undefined): Json =>
    value === undefined || isSame(value, defaults[field]) ? null : value;
  return [...names].flatMap((field) => {
    const [was, is] = [orDefault(field, from[field]), orDefault(field, to[field])];
    return isSame(was, is) ? [] : [{ field, from: was, to: is }];
  });
}

/** Sets and objects are the same in any order. */
function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((element, index) => isSame(element, other[index]));
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSame(one[name], other[name]));
}

function serialized(configuration: Configuration): Readonly<Record<SectionName, Json>> {
  return serializeDocument(configuration) as Readonly<Record<SectionName, Json>>;
}

function objectsOf(document: Readonly<Record<SectionName, Json>>, section: SectionName): Map<string, JsonObject> {
  const value = document[section];
  if (section === "SystemSettings") return new Map([[singletonId, objectIn(value)]]);
  if (!Array.isArray(value)) {
    return new Map(Object.entries(objectIn(value)).map(([key, object]) => [key, objectIn(object)]));
  }
  const keyField = section === "NetworkListener" ? "name" : section === "Certificate" ? "id" : "address";
  return new Map(value.filter(isObject).map((object) => [String(object[keyField]), object]));
}

function objectIn(value: Json | undefined): JsonObject {
  return value !== undefined && isObject(value) ? value : {};
}
