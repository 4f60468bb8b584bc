/** Finds text in messages as readers see it: transfer encodings, charsets and encoded words decoded. */
import type { ByteRange, EnvelopeAddress, MessagePart, MessageStructure, TextQuery } from "../../protocols/mailbox.ts";
import { trimWhiteSpace } from "../../protocols/white-space.ts";
import { parseAddresses } from "./address-list.ts";
import { DecodedText } from "./decoded-text.ts";
import { decodeWords } from "./encoded-words.ts";
import { decodeField, fieldsOf } from "./header-fields.ts";
import type { ReadRange } from "./parse-structure.ts";
import { STRUCTURE_LIMITS } from "./structure-limits.ts";
import { TextFinder } from "./text-finder.ts";

/** A message to search in: only those of its octets are read that the query is about. */
export interface SearchedMessage {
  readonly structure: MessageStructure;
  readonly read: ReadRange;
}

/** Each field of a header and each octet of a part is looked at once. */
export async function matches(query: TextQuery, { structure, read }: SearchedMessage): Promise<boolean> {
  const finder = new TextFinder(query.text);
  if (query.in === "header" || query.in === "address") {
    return fieldFits(await readHeader(structure.root.header, read), { query, finder });
  }
  for (const part of partsOf(structure.root)) {
    if (query.in === "text" && headerFits(await readHeader(part.header, read), finder)) return true;
    if (isText(part) && (await bodyFits(part, { finder, read }))) return true;
  }
  return false;
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

function headerFits(header: Buffer, finder: TextFinder): boolean {
  for (const { name, raw } of fieldsOf(header)) {
    if (finder.fits(`${name}: ${decodeWords(lineOf(raw))}`)) return true;
  }
  return false;
}

function fieldFits(
  header: Buffer,
  { query, finder }: { readonly query: Extract<TextQuery, { readonly field: string }>; readonly finder: TextFinder },
): boolean {
  const wanted = trimWhiteSpace(query.field).toLowerCase();
  for (const { name, raw } of fieldsOf(header)) {
    if (name !== wanted) continue;
    if (finder.isEmpty) return true;
    const text =
      query.in === "address"
        ? writeAddresses(parseAddresses(lineOf(raw.slice(0, STRUCTURE_LIMITS.field))))
        : decodeWords(lineOf(raw));
    if (finder.fits(text)) return true;
  }
  return false;
}

async function bodyFits(
  part: MessagePart,
  { finder, read }: { readonly finder: TextFinder; readonly read: ReadRange },
): Promise<boolean> {
  const { start, end } = part.body;
  const text = new DecodedText(part, finder);
  if (end > start) for await (const chunk of read(start, end)) if (text.add(chunk)) return true;
  return text.end();
}

async function readHeader({ start, end }: ByteRange, read: ReadRange): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const limit = Math.min(end, start + STRUCTURE_LIMITS.headers);
  if (limit > start) for await (const piece of read(start, limit)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A field as one line, folds as spaces. */
function lineOf(raw: string): string {
  return trimWhiteSpace(decodeField(raw).replace(/(?:\r?\n|\r)[ \t]*/g, " "));
}

/** Addresses as ENVELOPE has them, without comments and quotation marks: `Ann <ann@example.com>, Team:, bob@example.com, ;`. */
function writeAddresses(addresses: readonly EnvelopeAddress[]): string {
  return addresses.map(writeAddress).join(", ");
}

/** Without a host it is the beginning or the end of a group. */
function writeAddress({ name, mailbox, host }: EnvelopeAddress): string {
  if (host === null) return mailbox === null ? ";" : `${decodeWords(mailbox)}:`;
  const address = host === "" ? decodeWords(mailbox ?? "") : `${mailbox}@${host}`;
  return name === null ? address : `${decodeWords(name)} <${address}>`;
}
