import type { CreateCommand } from "./command.ts";
import type { Cursor } from "./cursor.ts";
import { type ListCommand, type ListReturn, type ListSelection, type SpecialUse, specialUses } from "./list.ts";
import { parseMailbox, parsePattern } from "./parse-arguments.ts";
import { ParseFault } from "./parse-fault.ts";

const selections: readonly ListSelection[] = ["RECURSIVEMATCH", "REMOTE", "SPECIAL-USE", "SUBSCRIBED"];
const returns: readonly ListReturn[] = ["CHILDREN", "SPECIAL-USE", "SUBSCRIBED"];
/** Each one is matched against every name. */
const MOST_PATTERNS = 100;
/** RFC 6154 section 5.3. */
const USE_ATTRIBUTE = { status: "NO", code: "USEATTR" } as const;

export function parseList(cursor: Cursor, tag: string): ListCommand {
  cursor.space();
  const selects = cursor.atOpen;
  const select = selects ? cursor.list(() => parseOption(cursor, selections)) : [];
  if (selects) cursor.space();
  // Without a selection it would be no error to ask for a recursive match, and it would mean nothing (RFC 5258 section 3.1).
  if (
    select.includes("RECURSIVEMATCH") &&
    !select.some((option) => option === "SUBSCRIBED" || option === "SPECIAL-USE")
  ) {
    throw new ParseFault("RECURSIVEMATCH needs SUBSCRIBED or SPECIAL-USE beside it");
  }
  const reference = parseMailbox(cursor);
  cursor.space();
  const several = cursor.atOpen;
  const patterns = several ? cursor.list(() => parsePattern(cursor)) : [parsePattern(cursor)];
  if (patterns.length === 0) throw new ParseFault("LIST needs a pattern");
  if (patterns.length > MOST_PATTERNS) throw new ParseFault(`LIST takes ${MOST_PATTERNS} patterns at most`);
  const returned = parseReturn(cursor);
  cursor.end();
  const extended = selects || several || returned !== null;
  return { tag, name: "LIST", reference, patterns, select, return: returned ?? [], extended };
}

/** CREATE (RFC 3501 section 6.3.3), with the special uses of RFC 6154 section 3. */
export function parseCreate(cursor: Cursor, tag: string): CreateCommand {
  cursor.space();
  const mailbox = parseMailbox(cursor);
  let specialUse: SpecialUse[] = [];
  cursor.skipSpaces();
  if (cursor.accept("(")) {
    cursor.skipSpaces();
    if (cursor.keyword("USE") !== "USE") throw new ParseFault("CREATE has no such parameter");
    cursor.space();
    specialUse = cursor.list(() => parseSpecialUse(cursor));
    cursor.skipSpaces();
    cursor.expect(")");
  }
  cursor.end();
  return { tag, name: "CREATE", mailbox, specialUse };
}

function parseReturn(cursor: Cursor): ListReturn[] | null {
  cursor.skipSpaces();
  if (cursor.atEnd) return null;
  if (cursor.keyword("RETURN") !== "RETURN") throw new ParseFault("Only RETURN can follow the patterns of LIST");
  cursor.space();
  return cursor.list(() => parseOption(cursor, returns));
}

function parseOption<Option extends string>(cursor: Cursor, known: readonly Option[]): Option {
  const name = cursor.keyword("an option of LIST");
  const option = known.find((candidate) => candidate === name);
  if (!option) throw new ParseFault("LIST has no such option here");
  return option;
}

function parseSpecialUse(cursor: Cursor): SpecialUse {
  cursor.expect("\\");
  const name = `\\${cursor.atom("a special use")}`.toLowerCase();
  const use = specialUses.find((candidate) => candidate.toLowerCase() === name);
  if (!use) throw new ParseFault("There is no such special use", USE_ATTRIBUTE);
  return use;
}
