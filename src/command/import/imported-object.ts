/** What of one object of Stalwart's there is here: its fields, one by one. */
import type { z } from "zod";
import {
  accountSchema,
  allowedIpSchema,
  blockedIpSchema,
  certificateSchema,
  isIgnored,
  listenerSchema,
  systemSchema,
} from "../../config/index.ts";
import { unknownField } from "../../config/values/fields.ts";
import { planKey, referenceFields, schema, type Value } from "../objects/object-names.ts";
import { type FoundObject, isObject } from "./imported-file.ts";

export interface LeftOut {
  /** Empty for the object as a whole. */
  readonly field: string;
  readonly reason: string;
}

/** One object on its way into the document. */
export interface ImportedObject {
  readonly line: number | null;
  /** With `x:`. */
  readonly object: string;
  /** In the plan. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  /** What of it is taken; fields go from it as they turn out not to be possible. */
  readonly value: Record<string, unknown>;
  readonly notNeeded: readonly string[];
  readonly leftOut: LeftOut[];
  /** Whether there is anything of it left. */
  isTaken: boolean;
}

const shapes: Readonly<Record<string, Readonly<Record<string, z.core.$ZodType>>>> = {
  "x:NetworkListener": listenerSchema.shape,
  "x:SystemSettings": systemSchema.shape,
  "x:Certificate": certificateSchema.shape,
  "x:Account": accountSchema.shape,
  "x:BlockedIp": blockedIpSchema.shape,
  "x:AllowedIp": allowedIpSchema.shape,
};

const noSecret = "the file does not hold the secret; give it by gatehouse update, or write it into the file";

export interface ImportContext {
  /** With `x:`. */
  readonly object: string;
  readonly index: number;
  /** Keys of the plan by what the file calls each object. */
  readonly certificates: ReadonlyMap<string, string>;
  /** Domains of mail by what the file calls them. */
  readonly domains: ReadonlyMap<string, string>;
}

export function importedObject(found: FoundObject, context: ImportContext): ImportedObject {
  const { object, index } = context;
  const leftOut: LeftOut[] = [];
  const notNeeded: string[] = [];
  const value: Record<string, unknown> = {};
  const given = object === "x:Account" ? accountIn(found.value, context, leftOut) : found.value;
  const references = new Set(referenceFields(object).map(({ field }) => field));
  for (const [field, member] of Object.entries(given)) {
    const known = schema.fields[object]?.properties[field];
    const zodField = shapes[object]?.[field];
    if (known && known.update !== "serverSet") {
      if (isWithoutText(member)) leftOut.push({ field, reason: noSecret });
      else if (references.has(field) && typeof member === "string") {
        const key = context.certificates.get(member);
        if (key === undefined) leftOut.push({ field, reason: `the file does not hold ${member}` });
        else value[field] = `#${key}`;
      } else value[field] = known.type.type === "set" ? setIn(member) : member;
    } else if (known || field === "id" || (zodField && isIgnored(zodField))) notNeeded.push(field);
    else leftOut.push({ field, reason: unknownField(field, Object.keys(schema.fields[object]?.properties ?? {})) });
  }
  const name = value["name"] ?? value["address"];
  return {
    line: found.line,
    object,
    key: planKey(object, String(index)),
    name: typeof name === "string" ? name : (found.keys.at(-1) ?? ""),
    value,
    notNeeded,
    leftOut,
    isTaken: true,
  };
}

/** A text that a server does not show, or shows as asterisks. */
function isWithoutText(value: unknown): boolean {
  if (!isObject(value) || value["@type"] !== "Text") return false;
  const text = value["secret"] ?? value["value"];
  return text === undefined || (typeof text === "string" && /^\**$/.test(text));
}

/** Sets are maps to true, lists, or maps from places to members. */
function setIn(value: unknown): unknown {
  const members = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : null;
  const isList = members?.every((member) => typeof member === "string") ?? false;
  return isList ? Object.fromEntries((members ?? []).map((member) => [String(member), true])) : value;
}

/** Settings of a mailbox that are made elsewhere here, or not at all. */
const accountFields = new Set(["@type", "name", "domainId", "credentials", "roles", "id", "createdAt", "emailAddress"]);

/** An account of Stalwart's: its name and domain are an address, its password is the secret. */
function accountIn(given: Value, { domains }: ImportContext, leftOut: LeftOut[]): Value {
  if (given["address"] !== undefined) return given;
  const { name, domainId, credentials, roles } = given;
  const domain = typeof domainId === "string" ? domains.get(domainId) : undefined;
  const address = typeof name === "string" && (name.includes("@") ? name : domain && `${name}@${domain}`);
  for (const field of Object.keys(given))
    if (!accountFields.has(field))
      leftOut.push({ field, reason: "an account has an address, a secret and roles here" });
  if (!address) leftOut.push({ field: "domainId", reason: "the file does not hold the domain of this account" });
  const entries = isObject(credentials) || Array.isArray(credentials) ? Object.values(credentials) : [];
  const password = entries.filter(isObject).find((one) => one["@type"] === "Password");
  const secret = { "@type": "Text", secret: password?.["secret"] };
  const isAdmin = isObject(roles) && roles["@type"] === "Admin";
  return { ...(address ? { address } : {}), secret, ...(isAdmin ? { roles: { admin: true } } : {}) };
}

/** Takes out what cannot be: a member of a set, a field, or all of it. */
export function leaveOut(imported: ImportedObject, { field: path, reason }: LeftOut): void {
  const [field = "", ...below] = path.split("/");
  const { value } = imported;
  if (path === "" || !Object.hasOwn(value, field)) {
    // Without a field that it needs, why that was left out is why all of it is.
    if (!imported.leftOut.some((other) => other.field === field)) imported.leftOut.push({ field: path, reason });
    imported.isTaken = false;
    return;
  }
  imported.leftOut.push({ field: path, reason });
  const members = value[field];
  const member = below.join("/");
  if (member !== "" && isObject(members) && Object.hasOwn(members, member) && Object.keys(members).length > 1) {
    const { [member]: _, ...others } = members;
    value[field] = others;
  } else delete value[field];
}
