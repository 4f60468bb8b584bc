/** The objects of the management API, as they are named on a command line. */
import { suggestion } from "../../config/values/nearest.ts";
import { managementSchema } from "../../management/schema/management-schema.ts";
import { complain } from "../output.ts";

export type Value = Readonly<Record<string, unknown>>;

export const schema = managementSchema();

/** Those that the document holds, in the order in which they can refer to one another. */
const inDocument = ["Certificate", "Account", "BlockedIp", "AllowedIp", "NetworkListener", "SystemSettings"];
const all = Object.keys(schema.objects).map((name) => name.slice(2));

export const objectNames = {
  readable: all.filter((name) => name !== "Action"),
  writable: all.filter((name) => inDocument.includes(name)),
  inDocument,
};

/** With `x:`. The name is given with or without it, in any letter case; says which there are for any other. */
export function objectNamed(given: string, among: readonly string[]): string | null {
  const name = findObject(given, among);
  if (name === null) complain(noSuchObject(given, among));
  return name;
}

export function findObject(given: string, among: readonly string[]): string | null {
  const wanted = given.replace(/^x:/i, "").toLowerCase();
  const name = among.find((one) => one.toLowerCase() === wanted);
  return name === undefined ? null : `x:${name}`;
}

export function noSuchObject(given: string, among: readonly string[]): string {
  const isReadOnly = among !== objectNames.readable && findObject(given, objectNames.readable) !== null;
  if (isReadOnly) return `${given} is what the server is doing: it can be read, and not be changed.`;
  return `There are no objects ${JSON.stringify(given)}; ${suggestion(given, among)}`.replace(/[^?]$/, "$&.");
}

export function isSingleton(object: string): boolean {
  return schema.objects[object]?.type === "singleton";
}

/** For people: `NetworkListener smtp`; of a singleton its name. */
export function titleOf(object: string, id: string): string {
  const name = object.slice(2);
  return isSingleton(object) || id === "" ? name : `${name} ${id}`;
}

/** The fields by which an object of another document is found to be the same one. */
export function naturalKey(object: string): readonly string[] {
  const { labelProperty } = schema.lists[object] ?? {};
  // A certificate has no name; its place identifies it.
  return labelProperty === undefined ? ["certificate"] : [labelProperty];
}

/** Fields that name another object by its id. */
export function referenceFields(object: string): readonly { readonly field: string; readonly to: string }[] {
  return Object.entries(schema.fields[object]?.properties ?? {}).flatMap(([field, { type }]) =>
    type.type === "objectId" ? [{ field, to: type.objectName }] : [],
  );
}

/** What a plan calls the object of an id: `certificate-c1`. */
export function planKey(object: string, id: string): string {
  return `${object.slice(2).toLowerCase()}-${id}`;
}
