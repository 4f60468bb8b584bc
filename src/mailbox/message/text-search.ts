/** Finds text in messages as readers see it: transfer encodings, charsets and encoded words decoded. */
import type { ByteRange, EnvelopeAddress, MessagePart, MessageStructure, TextQuery } from "../../protocols/mailbox.ts";
import { trimWhiteSpace } from "../../protocols/white-space.ts";
import { parseAddresses } from "./address-list.ts";
import { DecodedText } from "./decoded-text.ts";
import { decodeWords } from "./encoded-words.ts";
import { decodeField, fieldsOf, type HeaderField } from "./header-fields.ts";
import type { ReadRange } from "./parse-structure.ts";
import { STRUCTURE_LIMITS } from "./structure-limits.ts";
import { TextFinder } from "./text-finder.ts";

/** A message to search in: only those of its octets are read that the query is about. */
export interface SearchedMessage {
  readonly structure: MessageStructure;
  readonly read: ReadRange;
  /** Asked before each piece of work. @returns null while there is time, else when to go on. */
  readonly rest?: () => Promise<void> | null;
}

type Rest = NonNullable<SearchedMessage["rest"]>;

/** Each field of a header and each octet of a part is looked at once. */
export async function matches(query: TextQuery, message: SearchedMessage): Promise<boolean> {
  const { structure, read, rest = () => null } = message;
  const finder = new TextFinder(query.text);
  if (query.in === "header" || query.in === "address") {
    const fits = fieldMatcher(query, finder);
    return anyField(await readHeader(structure.root.header, read), { fits, rest });
  }
  const fits = ({ name, raw }: HeaderField) => finder.fits(`${name}: ${decodeWords(lineOf(raw))}`);
  for (const part of partsOf(structure.root)) {
    if (query.in === "text" && (await anyField(await readHeader(part.header, read), { fits, rest }))) return true;
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

function fieldMatcher(
  query: Extract<TextQuery, { readonly field: string }>,
  finder: TextFinder,
): (field: HeaderField) => boolean {
  const wanted = trimWhiteSpace(query.field).toLowerCase();
  return ({ name, raw }) => {
    if (name !== wanted) return false;
    if (finder.isEmpty) return true;
    const text =
      query.in === "address"
        ? writeAddresses(parseAddresses(lineOf(raw.slice(0, STRUCTURE_LIMITS.field))))
        : decodeWords(lineOf(raw));
    return finder.fits(text);
  };
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
