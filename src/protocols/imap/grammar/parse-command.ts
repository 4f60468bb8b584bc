import { ASTRING_CHAR, endOfRun, KEYWORD_CHAR, TAG_CHAR } from "./character-classes.ts";
import {
  type AppendCommand,
  type Command,
  type CopyCommand,
  type IdCommand,
  type MailboxCommand,
  type PlainCommand,
  type SelectCommand,
  type StatusItem,
  type StoreCommand,
  statusItems,
} from "./command.ts";
import { AWAITED, type CommandText, Cursor } from "./cursor.ts";
import { parseInternalDate } from "./dates.ts";
import { RECENT } from "./flags.ts";
import type { GrammarLimits } from "./limits.ts";
import { parseFlag, parseFlags, parseMailbox, parsePattern, parseSequenceSet } from "./parse-arguments.ts";
import { ParseFault } from "./parse-fault.ts";
import { parseFetch } from "./parse-fetch.ts";
import { parseCreate, parseList } from "./parse-list.ts";
import { parseSearch } from "./parse-search.ts";

const LONGEST_TAG = 128;
/** RFC 2971 section 3.3: pairs of an ID, and the octets of a value. */
const MOST_ID_FIELDS = 30;
const LONGEST_ID_VALUE = 1024;

/** The cursor stands behind the name of the command. */
type Parse = (cursor: Cursor, tag: string) => Command;

/** The tag that a command begins with; null where there is none to answer to. */
export function readTag(text: string): string | null {
  const end = endOfRun(text, 0, TAG_CHAR);
  const complete = end === text.length || text[end] === " " || text[end] === "\r";
  return end > 0 && end <= LONGEST_TAG && complete ? text.slice(0, end) : null;
}

/**
 * Parses a whole command. APPEND cannot be one, as its message is none of it.
 * @throws ParseFault
 */
export function parseCommand(command: CommandText, limits: GrammarLimits): Command {
  const cursor = new Cursor(command, limits);
  const { tag, parse } = parseBeginning(cursor);
  return parse(cursor, tag);
}

/**
 * What a literal is for, whose `{n}` has just been read at the end of the text.
 * @returns the command if it is an APPEND and the literal is its message, else null: one of the strings of the command.
 * @throws ParseFault for what can be no command, whatever follows.
 */
export function parseBeforeLiteral(command: CommandText, limits: GrammarLimits): AppendCommand | null {
  const cursor = new Cursor(command, limits);
  const { tag, parse } = parseBeginning(cursor);
  try {
    if (parse !== parseIncompleteAppend) parse(cursor, tag);
    else return parseAppend(cursor, tag);
  } catch (error) {
    if (error !== AWAITED) throw error;
  }
  return null;
}

function parseBeginning(cursor: Cursor): { readonly tag: string; readonly parse: Parse } {
  const tag = readTag(cursor.text);
  if (tag === null) throw new ParseFault("A command begins with a tag");
  cursor.at = tag.length;
  if (cursor.atEnd) throw new ParseFault("A command has a name after its tag");
  cursor.space();
  const name = readName(cursor);
  if (name !== "UID") return { tag, parse: known(commands, name) };
  cursor.space();
  return { tag, parse: known(uidCommands, readName(cursor)) };
}

function readName(cursor: Cursor): string {
  const start = cursor.at;
  cursor.at = endOfRun(cursor.text, start, KEYWORD_CHAR);
  const complete = cursor.atEnd || cursor.atSpace || cursor.next === 0x0d;
  return complete ? cursor.text.slice(start, cursor.at).toUpperCase() : "";
}

function known(table: ReadonlyMap<string, Parse>, name: string): Parse {
  const parse = table.get(name);
  if (!parse) throw new ParseFault("Unknown command");
  return parse;
}

function plain(name: PlainCommand["name"]): [string, Parse] {
  return [
    name,
    (cursor, tag) => {
      cursor.end();
      return { tag, name };
    },
  ];
}

function select(name: SelectCommand["name"]): [string, Parse] {
  return [name, (cursor, tag) => ({ tag, name, mailbox: parseOnlyMailbox(cursor) })];
}

function mailbox(name: MailboxCommand["name"]): [string, Parse] {
  return [name, (cursor, tag) => ({ tag, name, mailbox: parseOnlyMailbox(cursor) })];
}

const commands: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  plain("CAPABILITY"),
  plain("NOOP"),
  plain("LOGOUT"),
  plain("STARTTLS"),
  plain("NAMESPACE"),
  plain("IDLE"),
  plain("CHECK"),
  plain("CLOSE"),
  plain("UNSELECT"),
  select("SELECT"),
  select("EXAMINE"),
  mailbox("DELETE"),
  mailbox("SUBSCRIBE"),
  mailbox("UNSUBSCRIBE"),
  ["AUTHENTICATE", parseAuthenticate],
  ["LOGIN", parseLogin],
  ["ENABLE", parseEnable],
  ["ID", parseId],
  ["CREATE", parseCreate],
  ["RENAME", parseRename],
  ["LIST", parseList],
  ["LSUB", parseLsub],
  ["STATUS", parseStatus],
  ["APPEND", parseIncompleteAppend],
  ["EXPUNGE", (cursor, tag) => parseExpunge(cursor, tag)],
  ["SEARCH", (cursor, tag) => parseSearch(cursor, false, tag)],
  ["FETCH", (cursor, tag) => parseFetch(cursor, false, tag)],
  ["STORE", (cursor, tag) => parseStore(cursor, false, tag)],
  ["COPY", (cursor, tag) => ({ tag, name: "COPY", uid: false, ...parseDestination(cursor) })],
  ["MOVE", (cursor, tag) => ({ tag, name: "MOVE", uid: false, ...parseDestination(cursor) })],
]);

const uidCommands: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ["EXPUNGE", parseUidExpunge],
  ["SEARCH", (cursor, tag) => parseSearch(cursor, true, tag)],
  ["FETCH", (cursor, tag) => parseFetch(cursor, true, tag)],
  ["STORE", (cursor, tag) => parseStore(cursor, true, tag)],
  ["COPY", (cursor, tag) => ({ tag, name: "COPY", uid: true, ...parseDestination(cursor) })],
  ["MOVE", (cursor, tag) => ({ tag, name: "MOVE", uid: true, ...parseDestination(cursor) })],
]);

function parseOnlyMailbox(cursor: Cursor): string {
  cursor.space();
  const name = parseMailbox(cursor);
  cursor.end();
  return name;
}

function parseAuthenticate(cursor: Cursor, tag: string): Command {
  cursor.space();
  const mechanism = cursor.atom("the name of a mechanism").toUpperCase();
  cursor.skipSpaces();
  const initialResponse = cursor.atEnd ? null : cursor.run(ASTRING_CHAR, "an initial response in base64");
  cursor.end();
  return { tag, name: "AUTHENTICATE", mechanism, initialResponse };
}

function parseLogin(cursor: Cursor, tag: string): Command {
  cursor.space();
  const username = cursor.astring("a user name");
  cursor.space();
  const password = cursor.astring("a password");
  cursor.end();
  return { tag, name: "LOGIN", username, password };
}

function parseEnable(cursor: Cursor, tag: string): Command {
  const capabilities: string[] = [];
  do {
    cursor.space();
    cursor.count();
    capabilities.push(cursor.atom("a capability").toUpperCase());
  } while (cursor.atSpace);
  cursor.end();
  return { tag, name: "ENABLE", capabilities };
}

function parseId(cursor: Cursor, tag: string): IdCommand {
  cursor.space();
  const parameters = cursor.atOpen ? parseIdParameters(cursor) : null;
  if (!parameters) cursor.nil();
  cursor.end();
  return { tag, name: "ID", parameters };
}

function parseIdParameters(cursor: Cursor): Map<string, string | null> {
  const parameters = new Map<string, string | null>();
  cursor.list(() => {
    const field = cursor.string("the name of a field").toLowerCase();
    cursor.space();
    const value = cursor.nstring();
    if (parameters.size >= MOST_ID_FIELDS || field.length > LONGEST_ID_VALUE) throw new ParseFault("ID says too much");
    parameters.set(field, value?.slice(0, LONGEST_ID_VALUE) ?? null);
  });
  return parameters;
}

function parseRename(cursor: Cursor, tag: string): Command {
  cursor.space();
  const from = parseMailbox(cursor);
  cursor.space();
  const to = parseMailbox(cursor);
  cursor.end();
  return { tag, name: "RENAME", from, to };
}

function parseLsub(cursor: Cursor, tag: string): Command {
  cursor.space();
  const reference = parseMailbox(cursor);
  cursor.space();
  const pattern = parsePattern(cursor);
  cursor.end();
  return { tag, name: "LSUB", reference, pattern };
}

function parseStatus(cursor: Cursor, tag: string): Command {
  cursor.space();
  const name = parseMailbox(cursor);
  cursor.space();
  const items = cursor.list(() => parseStatusItem(cursor));
  if (items.length === 0) throw new ParseFault("STATUS asks for nothing");
  cursor.end();
  return { tag, name: "STATUS", mailbox: name, items };
}

function parseStatusItem(cursor: Cursor): StatusItem {
  const name = cursor.keyword("something that STATUS knows");
  const item = statusItems.find((candidate) => candidate === name);
  if (!item) throw new ParseFault("STATUS was asked for something it does not know");
  return item;
}

/** From the mailbox to the `{n}` of the message, with which the text ends. */
function parseAppend(cursor: Cursor, tag: string): AppendCommand {
  cursor.space();
  const name = parseMailbox(cursor);
  cursor.space();
  const flags = cursor.atOpen ? parseFlags(cursor) : [];
  cursor.skipSpaces();
  const date = cursor.atLiteral ? null : cursor.string("the message as a literal");
  const internalDate = date === null ? null : parseInternalDate(date);
  if (date !== null && internalDate === null) throw new ParseFault('Dates are written as " 1-Feb-1994 03:04:05 +0100"');
  cursor.skipSpaces();
  cursor.expect("{");
  const size = cursor.number("the octets of the message");
  return { tag, name: "APPEND", mailbox: name, flags, internalDate, size };
}

/** An APPEND whose line ended without the `{n}` of a message. */
function parseIncompleteAppend(cursor: Cursor, tag: string): Command {
  parseAppend(cursor, tag);
  throw new ParseFault("APPEND needs the message as a literal");
}

function parseExpunge(cursor: Cursor, tag: string): Command {
  cursor.end();
  return { tag, name: "EXPUNGE", set: null };
}

/** RFC 4315 section 2.1. */
function parseUidExpunge(cursor: Cursor, tag: string): Command {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.end();
  return { tag, name: "EXPUNGE", set };
}

function parseStore(cursor: Cursor, uid: boolean, tag: string): StoreCommand {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.space();
  const action = cursor.accept("+") ? "add" : cursor.accept("-") ? "remove" : "replace";
  const name = cursor.keyword("FLAGS");
  if (name !== "FLAGS" && name !== "FLAGS.SILENT") throw new ParseFault("STORE changes FLAGS and nothing else");
  cursor.space();
  const flags = cursor.atOpen ? parseFlags(cursor) : parseBareFlags(cursor);
  cursor.end();
  return { tag, name: "STORE", uid, set, action, silent: name === "FLAGS.SILENT", flags };
}

/** Flags without parentheses. */
function parseBareFlags(cursor: Cursor): string[] {
  const flags: string[] = [];
  while (!cursor.atEnd) {
    cursor.count();
    flags.push(parseFlag(cursor));
    cursor.skipSpaces();
  }
  if (flags.length === 0) throw cursor.fault("flags");
  return flags.filter((flag) => flag !== RECENT);
}

function parseDestination(cursor: Cursor): Pick<CopyCommand, "set" | "mailbox"> {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.space();
  const name = parseMailbox(cursor);
  cursor.end();
  return { set, mailbox: name };
}
