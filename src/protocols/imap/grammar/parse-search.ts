import type { Cursor } from "./cursor.ts";
import { parseDay } from "./dates.ts";
import { RECENT } from "./flags.ts";
import { parseKeyword, parseSequenceSet } from "./parse-arguments.ts";
import { ParseFault } from "./parse-fault.ts";
import type { SearchCommand, SearchKey } from "./search-key.ts";

/** RFC 3501 section 6.4.4. */
const BAD_CHARSET = { status: "NO", code: "BADCHARSET (US-ASCII UTF-8)" } as const;

const flag = (name: string, present: boolean): SearchKey => ({ key: "FLAG", flag: name, present });

/** Search keys without an argument. */
const simple = new Map<string, SearchKey>([
  ["ALL", { key: "ALL" }],
  ["ANSWERED", flag("\\Answered", true)],
  ["DELETED", flag("\\Deleted", true)],
  ["DRAFT", flag("\\Draft", true)],
  ["FLAGGED", flag("\\Flagged", true)],
  ["NEW", { key: "AND", keys: [flag(RECENT, true), flag("\\Seen", false)] }],
  ["OLD", flag(RECENT, false)],
  ["RECENT", flag(RECENT, true)],
  ["SEEN", flag("\\Seen", true)],
  ["UNANSWERED", flag("\\Answered", false)],
  ["UNDELETED", flag("\\Deleted", false)],
  ["UNDRAFT", flag("\\Draft", false)],
  ["UNFLAGGED", flag("\\Flagged", false)],
  ["UNSEEN", flag("\\Seen", false)],
]);

const addressFields = ["BCC", "CC", "FROM", "TO"] as const;

type DateKey = Pick<Extract<SearchKey, { key: "DATE" }>, "of" | "relation">;

const dates = new Map<string, DateKey>([
  ["BEFORE", { of: "internal", relation: "before" }],
  ["ON", { of: "internal", relation: "on" }],
  ["SINCE", { of: "internal", relation: "since" }],
  ["SENTBEFORE", { of: "sent", relation: "before" }],
  ["SENTON", { of: "sent", relation: "on" }],
  ["SENTSINCE", { of: "sent", relation: "since" }],
]);

export function parseSearch(cursor: Cursor, uid: boolean, tag: string): SearchCommand {
  cursor.space();
  const charset = parseCharset(cursor);
  const keys = [parseKey(cursor, 0)];
  while (cursor.atSpace) {
    cursor.skipSpaces();
    if (!cursor.atEnd) keys.push(parseKey(cursor, 0));
  }
  cursor.end();
  return { tag, name: "SEARCH", uid, charset, key: all(keys) };
}

function parseCharset(cursor: Cursor): SearchCommand["charset"] {
  const start = cursor.at;
  if (cursor.text.slice(start, start + 8).toUpperCase() !== "CHARSET ") return null;
  cursor.at = start + 7;
  cursor.space();
  const charset = cursor.astring("a charset").toUpperCase();
  if (charset !== "US-ASCII" && charset !== "UTF-8") {
    throw new ParseFault("Searches are in US-ASCII or UTF-8", BAD_CHARSET);
  }
  cursor.space();
  return charset;
}

/** @param depth how many parentheses, NOTs and ORs are around the key. */
function parseKey(cursor: Cursor, depth: number): SearchKey {
  if (depth > cursor.limits.depth) throw new ParseFault("Search keys are too deep within each other");
  cursor.count();
  if (cursor.atOpen) {
    const keys = cursor.list(() => parseKey(cursor, depth + 1));
    if (keys.length === 0) throw new ParseFault("Parentheses without a search key");
    return all(keys);
  }
  if (beginsSet(cursor.next)) return { key: "SET", uid: false, set: parseSequenceSet(cursor) };
  const name = cursor.keyword("a search key");
  const known = simple.get(name);
  if (known) return known;
  cursor.space();
  return parseWithArgument(cursor, name, depth);
}

function parseWithArgument(cursor: Cursor, name: string, depth: number): SearchKey {
  const addressField = addressFields.find((field) => field === name);
  if (addressField) return { key: "ADDRESS", field: addressField, text: parseText(cursor) };
  const date = dates.get(name);
  if (date) return { key: "DATE", ...date, day: parseDate(cursor) };
  switch (name) {
    case "NOT":
      return { key: "NOT", of: parseKey(cursor, depth + 1) };
    case "OR": {
      const left = parseKey(cursor, depth + 1);
      cursor.space();
      return { key: "OR", left, right: parseKey(cursor, depth + 1) };
    }
    case "UID":
      return { key: "SET", uid: true, set: parseSequenceSet(cursor) };
    case "HEADER": {
      const field = cursor.astring("the name of a header field");
      cursor.space();
      return { key: "HEADER", field, text: parseText(cursor) };
    }
    case "SUBJECT":
      return { key: "HEADER", field: name, text: parseText(cursor) };
    case "BODY":
      return { key: "CONTENT", of: "body", text: parseText(cursor) };
    case "TEXT":
      return { key: "CONTENT", of: "message", text: parseText(cursor) };
    case "KEYWORD":
      return flag(parseKeyword(cursor), true);
    case "UNKEYWORD":
      return flag(parseKeyword(cursor), false);
    case "LARGER":
      return { key: "SIZE", relation: "larger", octets: cursor.number() };
    case "SMALLER":
      return { key: "SIZE", relation: "smaller", octets: cursor.number() };
    default:
      throw new ParseFault("There is no such search key");
  }
}

/** What is looked for in every message: one key may have a whole mailbox read. */
function parseText(cursor: Cursor): string {
  cursor.countText();
  return cursor.astring();
}

function parseDate(cursor: Cursor): number {
  const day = parseDay(cursor.astring("a date"));
  if (day === null) throw new ParseFault("Dates are written as 1-Feb-1994");
  return day;
}

function beginsSet(code: number): boolean {
  return code === 0x2a || (code >= 0x30 && code <= 0x39);
}

function all(keys: readonly SearchKey[]): SearchKey {
  const [only] = keys;
  return only && keys.length === 1 ? only : { key: "AND", keys };
}
