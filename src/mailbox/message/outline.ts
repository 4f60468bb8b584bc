import type { ByteRange } from "../../protocols/mailbox.ts";
import { commonFieldsOf } from "./common-fields.ts";
import { parseStructure, type ReadRange } from "./parse-structure.ts";
import { type SearchTexts, searchTextsOf } from "./search-texts.ts";
import { STRUCTURE_LIMITS } from "./structure-limits.ts";
import { structureFromText, structureToText } from "./structure-text.ts";

/** What is kept of a message so that lists and searches need not read it. */
export interface Outline {
  /** As `structureToText` gives it. */
  readonly structure: string;
  /** Common header fields, as `commonFieldsOf` gives them. */
  readonly fields: Uint8Array | null;
  readonly texts: SearchTexts;
}

/** @param known the message's structure as text, where it has been found before. */
export async function outlineOf(read: ReadRange, size: number, known: string | null = null): Promise<Outline> {
  const structure = known === null ? await parseStructure(read, size) : structureFromText(known);
  const fields = commonFieldsOf(await readHeader(structure.root.header, read));
  return { structure: known ?? structureToText(structure), fields, texts: searchTextsOf(fields) };
}

/** As much of a header as is looked at. */
export async function readHeader({ start, end }: ByteRange, read: ReadRange): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const limit = Math.min(end, start + STRUCTURE_LIMITS.headers);
  if (limit > start) for await (const piece of read(start, limit)) pieces.push(piece);
  return Buffer.concat(pieces);
}
