import { MAX_PART_DEPTH } from "../../mailbox.ts";
import type { FetchCommand } from "./command.ts";
import type { Cursor } from "./cursor.ts";
import type { FetchAttribute, FetchItem, FetchSection, Partial } from "./fetch-item.ts";
import { parseSequenceSet } from "./parse-arguments.ts";
import { ParseFault } from "./parse-fault.ts";

type AttributeName = FetchAttribute["item"];

const attributes = new Map<string, FetchAttribute>(
  (
    [
      "BODY",
      "BODYSTRUCTURE",
      "ENVELOPE",
      "FLAGS",
      "INTERNALDATE",
      "RFC822.SIZE",
      "UID",
    ] as const satisfies AttributeName[]
  ).map((item) => [item, Object.freeze({ item })]),
);

/** RFC 3501 section 6.4.5. */
const macros = new Map<string, readonly AttributeName[]>([
  ["FAST", ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]],
  ["ALL", ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"]],
  ["FULL", ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"]],
]);

const WHOLE = { item: "SECTION", form: "BODY", part: [], text: null, fields: [], peek: false, partial: null } as const;

const rfc822 = new Map<string, FetchSection>([
  ["RFC822", Object.freeze({ ...WHOLE, form: "RFC822" })],
  ["RFC822.HEADER", Object.freeze({ ...WHOLE, form: "RFC822", text: "HEADER", peek: true })],
  ["RFC822.TEXT", Object.freeze({ ...WHOLE, form: "RFC822", text: "TEXT" })],
]);

type SectionText = Pick<FetchSection, "text" | "fields">;

export function parseFetch(cursor: Cursor, uid: boolean, tag: string): FetchCommand {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.space();
  const items = cursor.atOpen ? cursor.list(() => parseItem(cursor, cursor.keyword(WANTED))) : parseBare(cursor);
  if (items.length === 0) throw new ParseFault("FETCH asks for nothing");
  cursor.end();
  return { tag, name: "FETCH", uid, set, items };
}

const WANTED = "something that FETCH knows";

/** A macro, or one item without parentheses. */
function parseBare(cursor: Cursor): FetchItem[] {
  const name = cursor.keyword(WANTED);
  const macro = macros.get(name);
  return macro ? macro.map((item) => ({ item })) : [parseItem(cursor, name)];
}

function parseItem(cursor: Cursor, name: string): FetchItem {
  if ((name === "BODY" || name === "BODY.PEEK") && cursor.accept("[")) {
    const part = parsePart(cursor);
    const { text, fields } = parseSectionText(cursor, part.length > 0);
    cursor.expect("]");
    const partial = parsePartial(cursor);
    return { item: "SECTION", form: "BODY", part, text, fields, peek: name === "BODY.PEEK", partial };
  }
  const item = attributes.get(name) ?? rfc822.get(name);
  if (!item) throw new ParseFault("FETCH was asked for something it does not know");
  return item;
}

/** `1.2.` or `1.2`: numbers and the full stops between and after them. */
function parsePart(cursor: Cursor): number[] {
  const part: number[] = [];
  while (cursor.next >= 0x30 && cursor.next <= 0x39) {
    part.push(cursor.nonZeroNumber("the number of a part"));
    if (part.length > MAX_PART_DEPTH) throw new ParseFault("The number of the part has too many levels");
    if (!cursor.accept(".")) return part;
  }
  return part;
}

function parseSectionText(cursor: Cursor, ofPart: boolean): SectionText {
  const afterStop = cursor.text[cursor.at - 1] === ".";
  if (cursor.text[cursor.at] === "]" && !afterStop) return { text: null, fields: [] };
  const text = cursor.keyword("a section");
  switch (text) {
    case "HEADER":
    case "TEXT":
      return sectionAfter(ofPart, afterStop, { text, fields: [] });
    case "MIME":
      if (!ofPart) throw new ParseFault("MIME is there for a part only: BODY[1.MIME]");
      return sectionAfter(ofPart, afterStop, { text, fields: [] });
    case "HEADER.FIELDS":
    case "HEADER.FIELDS.NOT": {
      cursor.space();
      const fields = cursor.list(() => parseFieldName(cursor));
      if (fields.length === 0) throw new ParseFault(`${text} needs the names of header fields`);
      return sectionAfter(ofPart, afterStop, { text, fields });
    }
    default:
      throw new ParseFault("There is no such section");
  }
}

/** Between the number of a part and a name stands a full stop, and nowhere else. */
function sectionAfter(ofPart: boolean, afterStop: boolean, section: SectionText): SectionText {
  if (ofPart !== afterStop) throw new ParseFault("A full stop goes between the number of a part and its section");
  return section;
}

function parsePartial(cursor: Cursor): Partial | null {
  if (!cursor.accept("<")) return null;
  const origin = cursor.number("the first octet");
  cursor.expect(".");
  const length = cursor.nonZeroNumber("a count of octets");
  cursor.expect(">");
  return { origin, length };
}

/** Any string (RFC 3501 section 9, header-fld-name); one that no field can be called names none. It comes back in the response. */
function parseFieldName(cursor: Cursor): string {
  return cursor.astring("the name of a header field");
}
