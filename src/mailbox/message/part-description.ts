/** What the header of a part says of it. */
import type { MessagePart } from "../../protocols/mailbox.ts";
import { trimWhiteSpaceEnd } from "../../protocols/white-space.ts";
import { ENVELOPE_FIELDS, type FieldsByName, firstOf } from "./envelope.ts";
import { fieldsOf } from "./header-fields.ts";
import { mediaTypeOf, type ParameterizedField, parseLanguages, parseParameterized, parseToken } from "./mime-fields.ts";
import { STRUCTURE_LIMITS, type TextAllowance } from "./structure-limits.ts";

/** Without the places of its octets, and what it holds. */
export type PartDescription = Pick<
  MessagePart,
  | "type"
  | "subtype"
  | "parameters"
  | "id"
  | "description"
  | "encoding"
  | "md5"
  | "disposition"
  | "language"
  | "location"
>;

const MIME_FIELDS: readonly string[] = [
  ...["content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-description"],
  ...["content-md5", "content-language", "content-location"],
];
const WANTED: ReadonlySet<string> = new Set([...MIME_FIELDS, ...ENVELOPE_FIELDS]);

/** RFC 2045 5.2. */
const PLAIN_TEXT: ParameterizedField = { value: "TEXT/PLAIN", parameters: [] };
/** Of a part in a multipart/digest (RFC 2046 5.1.5). */
const MESSAGE: ParameterizedField = { value: "MESSAGE/RFC822", parameters: [] };
/** What text without a charset is in (RFC 2046 4.1.2); clients of IMAP expect it to be said. */
const ASCII = ["CHARSET", "us-ascii"] as const;

/** Encodings that a message within a message may have (RFC 2046 5.2.1). */
const IDENTITY_ENCODINGS: ReadonlySet<string> = new Set(["7BIT", "8BIT", "BINARY"]);

/** The fields that a structure is made of. */
export function structureFieldsOf(header: Uint8Array): FieldsByName {
  const fields = new Map<string, string[]>();
  for (const { name, raw } of fieldsOf(header)) {
    if (!WANTED.has(name)) continue;
    const known = fields.get(name);
    if (known && known.length < STRUCTURE_LIMITS.repeated) known.push(raw);
    else if (!known) fields.set(name, [raw]);
  }
  return fields;
}

export function describePart(
  fields: FieldsByName,
  { isInDigest, allowance }: { readonly isInDigest: boolean; readonly allowance: TextAllowance },
): PartDescription {
  const text = (name: string) => firstOf(fields, name, allowance);
  const contentType = text("content-type");
  const field = contentType ? parseParameterized(contentType) : isInDigest ? MESSAGE : PLAIN_TEXT;
  const disposition = parseParameterized(text("content-disposition") ?? "");
  return {
    ...typed(field),
    id: text("content-id"),
    description: text("content-description"),
    encoding: parseToken(text("content-transfer-encoding") ?? "") || "7BIT",
    md5: text("content-md5"),
    disposition: disposition.value === "" ? null : { type: disposition.value, parameters: disposition.parameters },
    language: parseLanguages(text("content-language") ?? ""),
    location: text("content-location"),
  };
}

/** Without a usable type it is plain text (RFC 2045 5.2). */
function typed(field: ParameterizedField): Pick<PartDescription, "type" | "subtype" | "parameters"> {
  const { type, subtype } = mediaTypeOf(field);
  if (type === "") return { type: "TEXT", subtype: "PLAIN", parameters: [ASCII] };
  const { parameters } = field;
  const isAscii = type === "TEXT" && !parameters.some(([name]) => /^CHARSET(\*|$)/.test(name));
  return { type, subtype, parameters: isAscii ? [...parameters, ASCII] : parameters };
}

/** Whether this is a message that can be looked into. */
export function holdsMessage({ type, subtype, encoding }: PartDescription): boolean {
  return type === "MESSAGE" && (subtype === "RFC822" || subtype === "GLOBAL") && IDENTITY_ENCODINGS.has(encoding);
}

/** The boundary of a multipart (RFC 2046 5.1.1); null where there is none that a line could have. */
export function boundaryOf({ type, parameters }: PartDescription): Buffer | null {
  if (type !== "MULTIPART") return null;
  const boundary = trimWhiteSpaceEnd(parameters.find(([name]) => name === "BOUNDARY")?.[1] ?? "");
  return boundary !== "" && boundary.length <= MAX_BOUNDARY && !/[^\0-\x7f]/.test(boundary)
    ? Buffer.from(boundary, "latin1")
    : null;
}

/** RFC 2046 wants 70 at most; a line has 998 (RFC 5322 2.1.1). */
export const MAX_BOUNDARY = 994;

/** A multipart in which no part was found: IMAP has no form for it, and its text may be worth reading. */
export function withoutParts(description: PartDescription): PartDescription {
  return { ...description, type: "TEXT", subtype: "PLAIN", parameters: [ASCII] };
}

/** To IMAP, MESSAGE/RFC822 says that the message within is described; where it is not, it is just some data. */
export function notLookedInto(description: PartDescription): PartDescription {
  return { ...description, type: "APPLICATION", subtype: "OCTET-STREAM", parameters: [] };
}
