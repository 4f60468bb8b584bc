/** Productions that several commands share. */
import type { Cursor } from "./cursor.ts";
import { type Flag, RECENT, systemFlag } from "./flags.ts";
import { decodeMailboxName } from "./mailbox-name.ts";
import { ParseFault } from "./parse-fault.ts";
import { LARGEST, type SequenceSet, SequenceSetBuilder } from "./sequence-set.ts";

const LONGEST_KEYWORD = 255;
/** RFC 5530 section 3: the name is one that no mailbox here can have. */
const IMPOSSIBLE_NAME = { status: "NO", code: "CANNOT" } as const;

export function parseMailbox(cursor: Cursor): string {
  const name = decodeMailboxName(cursor.astring("a mailbox name"));
  if (name === null) throw new ParseFault("The mailbox name is not valid modified UTF-7", IMPOSSIBLE_NAME);
  return name;
}

/** What is not modified UTF-7 is taken as it is: it is no error, and matches nothing. */
export function parsePattern(cursor: Cursor): string {
  const pattern = cursor.listMailbox();
  return decodeMailboxName(pattern) ?? pattern;
}

/** Its ranges are not limited: they cost little more than the line they are in, and clients name thousands of messages at once. */
export function parseSequenceSet(cursor: Cursor): SequenceSet {
  const builder = new SequenceSetBuilder();
  do {
    const first = sequenceNumber(cursor);
    const last = cursor.accept(":") ? sequenceNumber(cursor) : first;
    builder.add({ first, last });
  } while (cursor.accept(","));
  return builder.set;
}

/** Flags without \Recent, which clients send back as they got it and which is not theirs to set. */
export function parseFlags(cursor: Cursor): Flag[] {
  return cursor.list(() => parseFlag(cursor)).filter((flag) => flag !== RECENT);
}

export function parseFlag(cursor: Cursor): Flag {
  if (!cursor.accept("\\")) return parseKeyword(cursor);
  const name = cursor.atom("the name of a flag");
  const flag = systemFlag(`\\${name}`);
  if (!flag) throw new ParseFault("There is no such system flag; a keyword begins without a backslash");
  return flag;
}

export function parseKeyword(cursor: Cursor): Flag {
  const keyword = cursor.atom("a flag or keyword");
  if (keyword.length > LONGEST_KEYWORD) throw new ParseFault(`Keywords have ${LONGEST_KEYWORD} characters at most`);
  return keyword;
}

function sequenceNumber(cursor: Cursor): number {
  return cursor.accept("*") ? LARGEST : cursor.nonZeroNumber("a message number");
}
