/** Tags and values that several commands and tests take. */
import type { TagRule, ValueRule } from "./signature.ts";

const operator: ValueRule = { name: "the relational operator", type: "string", strings: "relational-operator" };

export const keys: ValueRule = { name: "the keys", type: "string-list" };

const matchType: readonly TagRule[] = [
  { name: "is", group: "match type" },
  { name: "contains", group: "match type" },
  { name: "matches", group: "match type" },
  { name: "count", group: "match type", extension: "relational", value: operator },
  { name: "value", group: "match type", extension: "relational", value: operator },
  { name: "regex", group: "match type", extension: "regex", changes: { value: keys, to: "pattern" } },
  { name: "list", group: "match type", extension: "extlists" },
];

export const matching: readonly TagRule[] = [
  { name: "comparator", value: { name: "the comparator", type: "string", strings: "comparator" } },
  ...matchType,
];

export const addressPart: readonly TagRule[] = [
  { name: "all", group: "address part" },
  { name: "localpart", group: "address part" },
  { name: "domain", group: "address part" },
  { name: "user", group: "address part", extension: "subaddress" },
  { name: "detail", group: "address part", extension: "subaddress" },
];

/** RFC 5260 section 6. */
export const index: readonly TagRule[] = [
  { name: "index", extension: "index", value: { name: "the index", type: "number", least: 1 } },
  { name: "last", extension: "index", beside: "index" },
];

/** RFC 5703 section 4. */
export const mime: readonly TagRule[] = [
  { name: "mime", extension: "mime" },
  { name: "anychild", extension: "mime", beside: "mime" },
];

/** RFC 5703 section 4.1. */
export const mimeOptions: readonly TagRule[] = [
  { name: "type", group: "MIME option", extension: "mime", beside: "mime" },
  { name: "subtype", group: "MIME option", extension: "mime", beside: "mime" },
  { name: "contenttype", group: "MIME option", extension: "mime", beside: "mime" },
  {
    name: "param",
    group: "MIME option",
    extension: "mime",
    beside: "mime",
    value: { name: "the parameters", type: "string-list" },
  },
];

export const zone: TagRule = {
  name: "zone",
  group: "zone",
  extension: "date",
  value: { name: "the time zone", type: "string", strings: "time-zone" },
};

export const headers: ValueRule = { name: "the header names", type: "string-list", strings: "header-name" };
export const datePart: ValueRule = { name: "the date part", type: "string", strings: "date-part" };
export const flags: ValueRule = { name: "the flags", type: "string-list" };
export const mailbox: ValueRule = { name: "the mailbox", type: "string", strings: "mailbox-name" };
export const annotations: ValueRule = {
  name: "the annotations",
  type: "string-list",
  strings: "annotation-name",
};

/** What `set` and `extracttext` do to a value on its way (RFC 5229 section 4.1). */
export const modifiers: readonly TagRule[] = [
  { name: "lower", group: "change of case" },
  { name: "upper", group: "change of case" },
  { name: "lowerfirst", group: "change of the first letter" },
  { name: "upperfirst", group: "change of the first letter" },
  { name: "quotewildcard", group: "way of quoting" },
  { name: "quoteregex", group: "way of quoting", extension: "regex" },
  { name: "encodeurl", extension: "enotify" },
  { name: "length" },
];

export const copy: TagRule = { name: "copy", extension: "copy" };
export const flagsTag: TagRule = { name: "flags", extension: "imap4flags", value: flags };

/** Where a message goes (RFC 5490, 8579 and 9042). */
const filing: readonly TagRule[] = [
  flagsTag,
  { name: "create", extension: "mailbox" },
  {
    name: "specialuse",
    extension: "special-use",
    value: { name: "the special use", type: "string", strings: "special-use" },
  },
  { name: "mailboxid", extension: "mailboxid", value: { name: "the mailbox's id", type: "string" } },
];

export const fileIntoTags: readonly TagRule[] = [copy, ...filing];

/** Where the copy of what is sent goes (RFC 8580). */
export const fileCarbonCopy: readonly TagRule[] = [
  { name: "fcc", extension: "fcc", value: mailbox },
  ...filing.map((tag): TagRule => ({ ...tag, beside: "fcc" })),
];
