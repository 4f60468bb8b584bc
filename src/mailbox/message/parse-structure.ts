import { Readable } from "node:stream";
import { type MessageChunk, type MimeNode, Splitter } from "@zone-eu/mailsplit";
import type { ByteRange, MessagePart, MessageStructure } from "../../protocols/mailbox.ts";
import { envelopeOf } from "./envelope.ts";
import { fallbackPart, PartDraft } from "./part-draft.ts";

/** Octets of a message from `start` up to `end`. */
export type ReadRange = (start: number, end: number) => AsyncIterable<Uint8Array>;

/** Messages in messages; what is deeper is not looked into. */
const MAX_DEPTH = 8;
/** Octets of all headers of a message together, its parts' included. */
const MAX_HEADERS = 1_048_576;

/**
 * Splits a message into its parts, in memory that does not grow with its size. mailsplit finds headers and boundaries;
 * here is what IMAP needs beside: where each part begins and ends. A message that goes beyond mailsplit's limits (1000
 * parts, 1 MiB of headers) counts as one text.
 */
export function parseStructure(read: ReadRange, size: number): Promise<MessageStructure> {
  return parseMessage(read, { range: { start: 0, end: size }, depth: 0 });
}

interface Place {
  readonly range: ByteRange;
  readonly depth: number;
}

async function parseMessage(read: ReadRange, { range, depth }: Place): Promise<MessageStructure> {
  const outline = new Outline(range);
  // Messages within are parsed on their own: mailsplit would look into some of them only.
  const splitter = new Splitter({ ignoreEmbedded: true, maxHeadSize: MAX_HEADERS });
  const source = Readable.from(read(range.start, range.end), { objectMode: false });
  source.on("error", (error) => splitter.destroy(error));
  try {
    for await (const piece of source.pipe(splitter)) outline.take(piece);
  } catch (error) {
    if (!isBeyondLimits(error)) throw error;
    return { envelope: envelopeOf(outline.root?.headers ?? null), root: fallbackPart(range, outline.root) };
  } finally {
    source.destroy();
  }
  outline.end();
  if (!outline.root) return { envelope: envelopeOf(null), root: fallbackPart(range, null) };
  const envelope = envelopeOf(outline.root.headers);
  return { envelope, root: await finish(outline.root, { read, depth, isInDigest: false }) };
}

/** A draft and what is below it as parts, with the messages within. */
async function finish(
  draft: PartDraft,
  context: { readonly read: ReadRange; readonly depth: number; readonly isInDigest: boolean },
): Promise<MessagePart> {
  const parts: MessagePart[] = [];
  for (const child of draft.children) {
    parts.push(await finish(child, { ...context, isInDigest: draft.isDigest }));
  }
  const mayHoldMessage = draft.holdsMessage(context.isInDigest) && context.depth < MAX_DEPTH;
  const message = mayHoldMessage
    ? await parseMessage(context.read, { range: draft.body, depth: context.depth + 1 })
    : null;
  return draft.toPart({ parts, message, isInDigest: context.isInDigest });
}

/** Follows mailsplit through a message, and notes where its pieces lie. Pieces come in the order of their octets. */
class Outline {
  readonly #end: number;
  readonly #drafts = new Map<MimeNode, PartDraft>();
  /** Multiparts that are open, the innermost last. */
  readonly #open: PartDraft[] = [];
  #position: number;
  #headers = 0;
  /** The last two octets before the position. */
  #tail = "";
  root: PartDraft | null = null;

  constructor({ start, end }: ByteRange) {
    this.#position = start;
    this.#end = end;
  }

  take(piece: MimeNode | MessageChunk): void {
    if (piece.type === "node") {
      this.#takeNode(piece);
      return;
    }
    const draft = this.#drafts.get(piece.node);
    if (piece.type === "body") draft?.addBody(piece.value);
    else if (draft) this.#takeDelimiters(draft, piece);
    // The line that opens a part, which comes before its node.
    else this.#closeDown(piece.node.parentNode, this.#delimiterIn(piece.value, 0));
    this.#advance(piece.value);
  }

  end(): void {
    for (const draft of this.#open) draft.close(this.#end);
  }

  #takeNode(node: MimeNode): void {
    this.#headers += node._headerlen;
    if (this.#headers > MAX_HEADERS) throw headersTooLarge();
    const start = this.#position;
    this.#position += node._headerlen;
    this.#tail = "";
    const draft = new PartDraft(node, { start, end: this.#position });
    this.#drafts.set(node, draft);
    if (!node.parentNode) this.root ??= draft;
    else this.#drafts.get(node.parentNode)?.children.push(draft);
    if (draft.isMultipart) this.#open.push(draft);
  }

  /**
   * Preamble, closing delimiter and epilogue of a multipart. mailsplit may give in one piece what closes this one and
   * those around it.
   */
  #takeDelimiters(draft: PartDraft, { node, value }: MessageChunk): void {
    this.#closeDown(node, this.#delimiterIn(value, 0));
    draft.addBody(value);
    let from = 0;
    for (let outer = node.parentNode; outer; outer = outer.parentNode) {
      const at = outer._boundary ? closingDelimiter(value, { boundary: outer._boundary, from }) : -1;
      if (at < 0) continue;
      this.#closeDown(outer, this.#delimiterIn(value, at));
      from = at;
    }
  }

  /** Closes the multiparts within this one. */
  #closeDown(node: MimeNode | false, at: number): void {
    const outer = node ? this.#drafts.get(node) : undefined;
    while (outer && this.#open.includes(outer) && this.#open.at(-1) !== outer) this.#open.pop()?.close(at);
  }

  /** Where what is before a delimiter line ends: the line end before it belongs to it (RFC 2046 5.1.1). */
  #delimiterIn(value: Buffer, index: number): number {
    if (value[index] === 0x0d || value[index] === 0x0a) return this.#position + index;
    const before = (this.#tail + value.toString("latin1", Math.max(0, index - 2), index)).slice(-2);
    const lineEnd = before === "\r\n" ? 2 : Number(before.endsWith("\n"));
    return this.#position + index - lineEnd;
  }

  #advance(value: Buffer): void {
    this.#position += value.length;
    this.#tail = (this.#tail + value.toString("latin1", Math.max(0, value.length - 2))).slice(-2);
  }
}

/** The index of a line `--boundary--`, or -1. */
function closingDelimiter(value: Buffer, { boundary, from }: { boundary: Buffer; from: number }): number {
  const delimiter = Buffer.concat([Buffer.from("--"), boundary, Buffer.from("--")]);
  for (let at = value.indexOf(delimiter, from); at >= 0; at = value.indexOf(delimiter, at + 1)) {
    const rest = value.toString("latin1", at + delimiter.length, at + delimiter.length + 1000);
    if ((at === 0 || value[at - 1] === 0x0a) && /^[ \t]*\r*(\n|$)/.test(rest)) return at;
  }
  return -1;
}

/** As mailsplit says it of one header. */
function headersTooLarge(): Error {
  return Object.assign(new RangeError("The headers of a message are too large together."), { code: "EMAXLEN" });
}

function isBeyondLimits(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EMAXLEN";
}
