/** Which octets of a message a section means (RFC 3501 section 6.4.5). */
import type { ByteRange, MessageContent, MessagePart, MessageStructure } from "../mailbox.ts";
import { isWhiteSpace } from "../white-space.ts";
import type { FetchSection, Partial } from "./grammar/fetch-item.ts";

/** Octets of a header that are looked at for HEADER.FIELDS. What a header has beyond that is left out. */
export const LONGEST_HEADER = 1_048_576;
/** How many octets are read at once. */
export const READ_SIZE = 65_536;

/** The whole message can be found without its structure. */
export function needsStructure({ part, text }: FetchSection): boolean {
  return part.length > 0 || text !== null;
}

/** @returns null when the message has no such section. */
export function locate(section: FetchSection, structure: MessageStructure): ByteRange | null {
  const { part: numbers, text } = section;
  if (numbers.length === 0) {
    const { header, body } = structure.root;
    return text === "TEXT" ? { start: body.start, end: body.end } : header;
  }
  const part = findPart(numbers, structure);
  if (!part) return null;
  if (text === null) return part.body;
  if (text === "MIME") return part.header;
  const inner = part.message?.root;
  if (!inner) return null;
  return text === "TEXT" ? inner.body : inner.header;
}

/**
 * Part 1 of a message that is no multipart is its body. Within a part that holds a message, the numbers go on with the
 * parts of that message.
 */
function findPart(numbers: readonly number[], structure: MessageStructure): MessagePart | null {
  let part: MessagePart = structure.root;
  let outermost = true;
  for (const number of numbers) {
    if (!outermost && part.message) {
      part = part.message.root;
      outermost = true;
    }
    if (part.type === "MULTIPART") {
      const child = part.parts[number - 1];
      if (!child) return null;
      part = child;
    } else if (!outermost || number !== 1) {
      return null;
    }
    outermost = false;
  }
  return part;
}

/** Whether all that a section means is in some fields of the message's own header. */
export function isInHeaderFields({ part, text }: FetchSection): boolean {
  return part.length === 0 && text === "HEADER.FIELDS";
}

/** The part of a range that `<origin.length>` asks for. */
export function clip({ start, end }: ByteRange, partial: Partial | null): ByteRange {
  if (!partial) return { start, end };
  const from = Math.min(start + partial.origin, end);
  return { start: from, end: Math.min(from + partial.length, end) };
}

/** What a field costs to find, and to compare with the names that are asked for, in steps of `Pause`. */
const STEPS_TO_FIND = 60;
const STEPS_TO_COMPARE = 6;
const EMPTY_LINE = Buffer.from("\r\n");
/** Fields that are looked at between two questions whether to pause. */
const FIELDS_AT_ONCE = 1024;

/** Counts what was computed, in steps of some nanoseconds. @returns when to go on; null for now. */
export type Pause = (steps: number) => Promise<void> | null;

/** The fields of a header: what each begins and ends with, its folded lines and line end included, and its name in lower case. */
class SplitHeader {
  readonly octets: Buffer;
  readonly names: string[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly #text: string;
  /** Fields of the same name share its string. */
  readonly #known = new Map<string, string>();
  #at = 0;

  constructor(octets: Buffer) {
    this.octets = octets;
    this.#text = octets.toString("latin1");
  }

  /** Looks for some more fields. @returns whether there may be others. The empty line is no field. */
  readOn(most: number): boolean {
    const text = this.#text;
    for (let count = 0; count < most && this.#at < text.length; count += 1) {
      const start = this.#at;
      const end = endOfField(text, start);
      this.#at = end;
      if (isBlank(text, start, end)) continue;
      const name = fieldName(text, start, end);
      const shared = this.#known.get(name);
      if (shared === undefined) this.#known.set(name, name);
      this.names.push(shared ?? name);
      this.starts.push(start);
      this.ends.push(end);
    }
    return this.#at < text.length;
  }
}

/** Octets of a header that is looked through without a pause: some hundred fields. */
export const SHORT_HEADER = 16_384;

/**
 * The fields that one section asks for, of many headers that are in memory: all that can be prepared is, and nothing is
 * made of a field that is not wanted.
 */
export class FieldSelection {
  readonly #asked: ReadonlySet<string>;
  readonly #wanted: boolean;

  constructor({ fields, text }: FetchSection) {
    this.#asked = new Set(fields.map((field) => field.toLowerCase()));
    this.#wanted = text === "HEADER.FIELDS";
  }

  /** The same as {@link HeaderFields} selects, without a pause: see `SHORT_HEADER`. */
  of(header: Buffer): Buffer {
    const text = header.toString("latin1");
    const kept = Buffer.allocUnsafe(header.length + EMPTY_LINE.length);
    let at = 0;
    for (let start = 0; start < text.length; ) {
      const end = endOfField(text, start);
      if (this.#asked.has(fieldName(text, start, end)) === this.#wanted && !isBlank(text, start, end)) {
        at += header.copy(kept, at, start, end);
      }
      start = end;
    }
    return kept.subarray(0, at + EMPTY_LINE.copy(kept, at));
  }
}

/** The fields of a message's headers. The header that was last asked about is read and split once. */
export class HeaderFields {
  readonly #content: Pick<MessageContent, "read">;
  readonly #pause: Pause;
  #last: { readonly header: ByteRange; readonly split: SplitHeader } | null = null;

  /** @param pause asked again and again: a header may have hundreds of thousands of fields. */
  constructor(content: Pick<MessageContent, "read">, pause: Pause = () => null) {
    this.#content = content;
    this.#pause = pause;
  }

  /** A header's fields of the names that the section has, or but these, and the empty line that ends it. */
  async select(section: FetchSection, header: ByteRange): Promise<Buffer> {
    const split = await this.#of(header);
    const choice = new Choice(section, split);
    for (let from = 0; from < split.names.length; from += FIELDS_AT_ONCE) {
      const paused = this.#pause(STEPS_TO_COMPARE * FIELDS_AT_ONCE);
      if (paused) await paused;
      choice.take(from, Math.min(split.names.length, from + FIELDS_AT_ONCE));
    }
    return choice.kept.copy(split.octets, this.#pause);
  }

  async #of(header: ByteRange): Promise<SplitHeader> {
    if (this.#last?.header.start === header.start) return this.#last.split;
    const end = Math.min(header.end, header.start + LONGEST_HEADER);
    const split = new SplitHeader(await readRange(this.#content, { start: header.start, end }));
    while (split.readOn(FIELDS_AT_ONCE)) {
      const paused = this.#pause(STEPS_TO_FIND * FIELDS_AT_ONCE);
      if (paused) await paused;
    }
    this.#last = { header, split };
    return split;
  }
}

/** Which fields of a header a section means. */
class Choice {
  readonly #asked: ReadonlySet<string>;
  readonly #wanted: boolean;
  readonly #split: SplitHeader;
  readonly kept = new Runs();

  constructor(section: FetchSection, split: SplitHeader) {
    this.#asked = new Set(section.fields.map((field) => field.toLowerCase()));
    this.#wanted = section.text === "HEADER.FIELDS";
    this.#split = split;
  }

  take(from: number, to: number): void {
    const { names, starts, ends } = this.#split;
    for (let index = from; index < to; index += 1) {
      if (this.#asked.has(names[index] ?? "") === this.#wanted) this.kept.add(starts[index] ?? 0, ends[index] ?? 0);
    }
  }
}

/** Places of a text, those that touch put together. */
class Runs {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #size = 0;

  add(start: number, end: number): void {
    this.#size += end - start;
    if (this.#ends.at(-1) === start) this.#ends.pop();
    else this.#starts.push(start);
    this.#ends.push(end);
  }

  /** What is there, and an empty line. */
  async copy(octets: Buffer, pause: Pause): Promise<Buffer> {
    const all = Buffer.allocUnsafe(this.#size + EMPTY_LINE.length);
    let at = 0;
    for (const [index, start] of this.#starts.entries()) {
      const paused = index % FIELDS_AT_ONCE === 0 ? pause(STEPS_TO_FIND * FIELDS_AT_ONCE) : null;
      if (paused) await paused;
      at += octets.copy(all, at, start, this.#ends[index]);
    }
    EMPTY_LINE.copy(all, at);
    return all;
  }
}

async function readRange(content: Pick<MessageContent, "read">, { start, end }: ByteRange): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let at = start; at < end; ) {
    const piece = await content.read(at, Math.min(at + READ_SIZE, end));
    if (piece.length === 0) break;
    pieces.push(piece);
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

const COLON = 0x3a;

function endOfField(text: string, start: number): number {
  let end = text.indexOf("\n", start) + 1;
  while (end > 0 && isWhiteSpace(text.charCodeAt(end))) end = text.indexOf("\n", end) + 1;
  return end === 0 ? text.length : end;
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!isWhiteSpace(code) && code !== 0x0d && code !== 0x0a) return false;
  }
  return true;
}

/** White space may stand before the colon (RFC 5322 4.5), and not before the name. */
function fieldName(text: string, start: number, end: number): string {
  let last = start;
  // No search of the whole text: there may be a hundred thousand fields without a colon.
  while (last < end && text.charCodeAt(last) !== COLON) last += 1;
  if (last === end) return "";
  while (last > start && isWhiteSpace(text.charCodeAt(last - 1))) last -= 1;
  return text.slice(start, last).toLowerCase();
}
