/** What a `/set` asks for, object by object, as changes of the document. */
import { randomBytes } from "node:crypto";
import type { DocumentChange, SectionName } from "../../config/index.ts";
import { isObject, type Json, type JsonObject } from "../jmap/json.ts";
import type { CreatedIds } from "../jmap/responses.ts";
import { fixedFields } from "../objects/field-kinds.ts";
import type { ManagedValue } from "../objects/managed-object.ts";
import { type SetError, setError } from "./set-error.ts";

export type SetVerb = "create" | "update" | "destroy";

/** One entry of `create`, `update` or `destroy`. */
export interface RequestedChange {
  readonly verb: SetVerb;
  /** As the client named it: a creation id, or an id, which may be `#` with a creation id. */
  readonly key: string;
  readonly change: DocumentChange | SetError;
}

export function isSetError(change: DocumentChange | SetError): change is SetError {
  return "type" in change;
}

/** Those that are no part of what is written: an account's address is its key. */
function fixedIn(section: SectionName): ReadonlySet<string> {
  return new Set(["id", "createdAt", ...fixedFields(section)]);
}

export function createChange(
  section: SectionName,
  given: JsonObject,
  createdIds: CreatedIds,
): DocumentChange | SetError {
  if (section === "SystemSettings") return setError("singleton", "There is one x:SystemSettings, always: update it.");
  const array = arrayIn(given);
  if (array !== null) return arrayError(array);
  const ignored = fixedIn(section);
  const value = Object.fromEntries(
    Object.entries(given).flatMap(([name, member]) =>
      ignored.has(name) ? [] : [[name, referred(name, member, createdIds)] as const],
    ),
  );
  if (section === "Account") {
    const { address } = given;
    if (typeof address !== "string" || address === "")
      return setError("invalidProperties", "An account needs its address.", {
        properties: ["address"],
        validationErrors: [{ type: "Required", property: "address" }],
      });
    return { kind: "create", section, id: address, value };
  }
  if (section === "Certificate") return { kind: "create", section, id: madeId(), value };
  return { kind: "create", section, value };
}

/** The id that it will have, where that is known before. */
export function idOfChange(change: DocumentChange): string | null {
  if (change.kind !== "create") return change.id;
  if (change.id !== undefined) return change.id;
  const { name, address } = change.value;
  const text = change.section === "NetworkListener" ? name : address;
  return typeof text === "string" ? text : null;
}

interface UpdateRequest {
  readonly id: string;
  readonly patch: JsonObject;
  /** As it is now; undefined where it is not there, or was created in this request. */
  readonly current: ManagedValue | undefined;
  readonly createdIds: CreatedIds;
}

export function updateChange(
  section: SectionName,
  { id, patch, current, createdIds }: UpdateRequest,
): DocumentChange | SetError {
  const array = arrayIn(patch);
  if (array !== null) return arrayError(array);
  const fixed = fixedIn(section);
  const kept: [string, Json][] = [];
  for (const [path, value] of Object.entries(patch)) {
    const [field = ""] = path.split("/");
    if (fixed.has(field)) {
      if (current && JSON.stringify(current[field]) === JSON.stringify(value)) continue;
      return setError("invalidProperties", `${field} is set by the server.`, { properties: [field] });
    }
    // A secret comes back without its text: sent back so, it stays as it is.
    if (isTextWithout(value)) continue;
    kept.push([path, referred(path, value, createdIds)]);
  }
  return { kind: "update", section, id, patch: Object.fromEntries(kept) };
}

function isTextWithout(value: Json): boolean {
  return isObject(value) && value["@type"] === "Text" && Object.keys(value).length === 1;
}

/** The path of an array; null where there is none. Sets are maps. */
function arrayIn(value: JsonObject, path = ""): string | null {
  for (const [name, member] of Object.entries(value)) {
    const at = path === "" ? name : `${path}/${name}`;
    if (Array.isArray(member)) return at;
    const deeper = isObject(member) ? arrayIn(member, at) : null;
    if (deeper !== null) return deeper;
  }
  return null;
}

function arrayError(path: string): SetError {
  const description = `${path} is an array; a set is a map: {"…": true}.`;
  return setError("invalidPatch", description, { properties: [path] });
}

/** A reference to what was created in this request or one before it. */
function referred(path: string, value: Json, createdIds: CreatedIds): Json {
  if (path !== "defaultCertificateId" || typeof value !== "string" || !value.startsWith("#")) return value;
  return createdIds.get(value.slice(1)) ?? value;
}

function madeId(): string {
  return `c${randomBytes(5).toString("hex")}`;
}
