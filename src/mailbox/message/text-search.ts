/** Finds text in messages as readers see it: transfer encodings, charsets and encoded words decoded. */
import type { MessagePart, MessageStructure, TextQuery } from "../../protocols/mailbox.ts";
import { trimWhiteSpace } from "../../protocols/white-space.ts";
import { asciiText } from "./ascii-text.ts";
import { DecodedText } from "./decoded-text.ts";
import { fieldsOf, type HeaderField } from "./header-fields.ts";
import { addressText, fieldText } from "./header-text.ts";
import { readHeader } from "./outline.ts";
import type { ReadRange } from "./parse-structure.ts";
import { TextFinder } from "./text-finder.ts";

/** Asked before each piece of work. @returns null while there is time, else when to go on. */
export type Rest = () => Promise<void> | null;

/** A message to search in: only those of its octets are read that the query is about. */
export interface SearchedMessage {
  readonly structure: MessageStructure;
  readonly read: ReadRange;
  /** All of its octets, where they are in memory and few. */
  readonly bytes?: Uint8Array | null;
  readonly rest?: Rest;
}

export type FieldQuery = Extract<TextQuery, { readonly field: string }>;

export function isFieldQuery(query: TextQuery): query is FieldQuery {
  return query.in === "header" || query.in === "address";
}

/** Each field of a header and each octet of a part is looked at once. */
export async function matches(query: TextQuery, message: SearchedMessage): Promise<boolean> {
  const { structure, read, bytes = null, rest = () => null } = message;
  if (isFieldQuery(query)) return headerMatches(query, await readHeader(structure.root.header, read), rest);
  const finder = new TextFinder(query.text);
  const fits = ({ name, raw }: HeaderField) => finder.fits(`${name}: ${fieldText(raw)}`);
  for (const part of partsOf(structure.root)) {
    if (query.in === "text" && (await anyField(await readHeader(part.header, read), { fits, rest }))) return true;
    if (isText(part) && (await bodyFits(part, { finder, read, bytes }))) return true;
  }
  return false;
}

/** @param header of the message; the fields that the query is about are enough. */
export function headerMatches(query: FieldQuery, header: Buffer, rest: Rest): Promise<boolean> {
  return anyField(header, { fits: fieldMatcher(query), rest });
}

/** All parts, with those of messages within, in their order. */
function* partsOf(part: MessagePart): Generator<MessagePart> {
  yield part;
  for (const child of part.parts) yield* partsOf(child);
  if (part.message) yield* partsOf(part.message.root);
}

/** What a message within says is looked at as parts of their own. */
function isText({ type, message }: MessagePart): boolean {
  return (type === "TEXT" || type === "MESSAGE") && !message;
}

async function anyField(
  header: Buffer,
  { fits, rest }: { readonly fits: (field: HeaderField) => boolean; readonly rest: Rest },
): Promise<boolean> {
  for (const field of fieldsOf(header)) {
    if (fits(field)) return true;
    const pause = rest();
    if (pause) await pause;
  }
  return false;
}

function fieldMatcher(query: FieldQuery): (field: HeaderField) => boolean {
  const finder = new TextFinder(query.text);
  const wanted = nameOf(query);
  const textOf = query.in === "address" ? addressText : fieldText;
  return ({ name, raw }) => name === wanted && (finder.isEmpty || finder.fits(textOf(raw)));
}

/** The name of the field, as `fieldsOf` has it. */
export function nameOf({ field }: FieldQuery): string {
  return trimWhiteSpace(field).toLowerCase();
}

async function bodyFits(
  part: MessagePart,
  { finder, read, bytes }: { readonly finder: TextFinder; readonly read: ReadRange; readonly bytes: Uint8Array | null },
): Promise<boolean> {
  const { start, end } = part.body;
  const ascii = bytes && asciiText(part, bytes.subarray(start, end));
  if (ascii !== null) return finder.fits(ascii);
  const text = new DecodedText(part, finder);
  if (end > start) for await (const chunk of read(start, end)) if (text.add(chunk)) return true;
  return text.end();
}
