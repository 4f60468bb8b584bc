/** Finds text in messages as readers see it: transfer encodings, charsets and encoded words decoded. */
import { Readable } from "node:stream";
import { type Headers, type MessageChunk, type MimeNode, Splitter } from "@zone-eu/mailsplit";
import type { TextQuery } from "../../protocols/mailbox.ts";
import { DecodedPart, fold } from "./decoded-part.ts";
import { decodeWords } from "./encoded-words.ts";

/** @param content The message; for a `header` query its header is enough, and no more of it is read. */
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

class Search {
  readonly #query: TextQuery;
  readonly #needle: string;
  #part: DecodedPart | null = null;

  constructor(query: TextQuery) {
    this.#query = query;
    this.#needle = fold(query.text);
  }

  /** @returns the result, once it is known. */
  async take(piece: MimeNode | MessageChunk): Promise<boolean | undefined> {
    if (piece.type !== "node") {
      return piece.type === "body" && (await this.#part?.add(piece.value)) ? true : undefined;
    }
    const headers = piece.headers || null;
    if (this.#query.in === "header") return headers !== null && this.#fieldFits(headers, this.#query.field);
    if (await this.end()) return true;
    this.#part = isText(piece) ? new DecodedPart(piece, this.#needle) : null;
    return this.#query.in === "text" && headers !== null && this.#headerFits(headers) ? true : undefined;
  }

  async end(): Promise<boolean> {
    const part = this.#part;
    this.#part = null;
    return (await part?.end()) ?? false;
  }

  #fieldFits(headers: Headers, field: string): boolean {
    if (this.#needle === "") return headers.hasHeader(field);
    return headers.getDecoded(field).some(({ value }) => fold(decodeWords(value)).includes(this.#needle));
  }

  #headerFits(headers: Headers): boolean {
    const names = new Set(headers.getList().map(({ key }) => key));
    return [...names].some((name) => {
      return headers
        .getDecoded(name)
        .some(({ key, value }) => fold(decodeWords(`${key}: ${value}`)).includes(this.#needle));
    });
  }
}

function isText({ contentType }: MimeNode): boolean {
  return !contentType || /^(text|message)\//.test(contentType);
}
