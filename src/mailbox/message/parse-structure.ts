import type { MessageStructure } from "../../protocols/mailbox.ts";
import { StructureParser } from "./structure-parser.ts";

/** Octets of a message from `start` up to `end`. */
export type ReadRange = (start: number, end: number) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Finds the parts of a message, in memory that does not grow with its size. */
export async function parseStructure(read: ReadRange, size: number): Promise<MessageStructure> {
  const parser = new StructureParser();
  if (size > 0) for await (const chunk of read(0, size)) parser.push(chunk);
  return parser.end();
}
