/** Finds text in messages as readers see it: transfer encodings, charsets and encoded words decoded. */
import { isUtf8 } from "node:buffer";
import { Readable } from "node:stream";
import { type Headers, type MessageChunk, type MimeNode, Splitter } from "@zone-eu/mailsplit";
import type { EnvelopeAddress, TextQuery } from "../../protocols/mailbox.ts";
import { parseAddresses } from "./address-list.ts";
import { DecodedPart } from "./decoded-part.ts";
import { decodeWords } from "./encoded-words.ts";
import { TextFinder } from "./text-finder.ts";

/** @param content The message; for a query of the header that is enough, and no more of it is read. */
export async function matches(
  query: TextQuery,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const search = new Search(query);
  const splitter = new Splitter({ defaultInlineEmbedded: true });
  const source = Readable.from(content, { objectMode: false });
  source.on("error", (error) => splitter.destroy(error));
  try {
    for await (const piece of source.pipe(splitter)) {
      const result = await search.take(piece);
      if (result !== undefined) return result;
    }
    return await search.end();
  } catch (error) {
    // mailsplit's limits: what lies beyond them is not found.
    if (error instanceof Error && "code" in error && error.code === "EMAXLEN") return false;
    throw error;
  } finally {
    source.destroy();
    splitter.destroy();
  }
}

/** Each field of a header and each octet of a part is looked at once. */
class Search {
  readonly #query: TextQuery;
  readonly #finder: TextFinder;
  #part: DecodedPart | null = null;

  constructor(query: TextQuery) {
    this.#query = query;
    this.#finder = new TextFinder(query.text);
  }

  /** @returns the result, once it is known. */
  async take(piece: MimeNode | MessageChunk): Promise<boolean | undefined> {
    if (piece.type !== "node") {
      return piece.type === "body" && (await this.#part?.add(piece.value)) ? true : undefined;
    }
    const headers = piece.headers || null;
    const query = this.#query;
    if (query.in === "header" || query.in === "address") {
      return headers !== null && this.#fieldFits(headers, query);
    }
    if (await this.end()) return true;
    if (query.in === "text" && headers?.getList().some(({ line }) => this.#finder.fits(decodeWords(unfold(line))))) {
      return true;
    }
    this.#part = isText(piece) ? new DecodedPart(piece, this.#finder) : null;
    return undefined;
  }

  async end(): Promise<boolean> {
    const part = this.#part;
    this.#part = null;
    return (await part?.end()) ?? false;
  }

  #fieldFits(headers: Headers, query: Extract<TextQuery, { readonly field: string }>): boolean {
    const name = query.field.trim().toLowerCase();
    return headers.getList().some(({ key, line }) => {
      if (key !== name) return false;
      if (this.#finder.isEmpty) return true;
      const value = unfold(line.slice(line.indexOf(":") + 1));
      return this.#finder.fits(query.in === "address" ? writeAddresses(parseAddresses(value)) : decodeWords(value));
    });
  }
}

function isText({ contentType }: MimeNode): boolean {
  return !contentType || /^(text|message)\//.test(contentType);
}

/** A field as one line. What is not UTF-8 is taken for Latin-1. */
function unfold(octets: string): string {
  const bytes = Buffer.from(octets, "latin1");
  const text = isUtf8(bytes) ? bytes.toString("utf8") : octets;
  return text.replace(/(?:\r?\n|\r)[ \t]*/g, " ").trim();
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
