/**
 * The commands and tests that scripts may use: RFC 5228 and, by name of the extension, RFC 3894 (copy), 5173 (body),
 * 5229 (variables), 5230 (vacation), 5231 (relational), 5232 (imap4flags), 5233 (subaddress), 5260 (date, index),
 * 5429 (reject, ereject), 5490 (mailbox) and 6131 (vacation-seconds).
 */
import type { SieveExtension } from "./extensions.ts";
import type { StringRule } from "./string-rules.ts";

/** What a value is: one string, one or more, or a number. */
export type ValueType = "string" | "string-list" | "number";

export interface ValueRule {
  /** For error messages: `the mailbox`. */
  readonly name: string;
  readonly type: ValueType;
  /** What its strings have to be. */
  readonly strings?: StringRule;
  /** May be left out, and is there only with this extension. Such values come first. */
  readonly optional?: SieveExtension;
}

export interface TagRule {
  /** Without the colon. */
  readonly name: string;
  /** Only one tag of a group may be given; a tag without a group is one of its own. */
  readonly group?: string;
  readonly extension?: SieveExtension;
  /** The argument that follows the tag. */
  readonly value?: ValueRule;
  /** Makes sense only beside this other tag. */
  readonly beside?: string;
}

export interface Signature {
  readonly kind: "command" | "test";
  readonly extension?: SieveExtension;
  readonly tags: readonly TagRule[];
  /** Groups of which one tag has to be given. */
  readonly needs?: readonly string[];
  readonly values: readonly ValueRule[];
  readonly tests: "none" | "one" | "list";
  readonly block: boolean;
}

const comparator: readonly TagRule[] = [
  { name: "comparator", value: { name: "the comparator", type: "string", strings: "comparator" } },
];

const operator: ValueRule = { name: "the relational operator", type: "string", strings: "relational-operator" };

const matchType: readonly TagRule[] = [
  { name: "is", group: "match type" },
  { name: "contains", group: "match type" },
  { name: "matches", group: "match type" },
  { name: "count", group: "match type", extension: "relational", value: operator },
  { name: "value", group: "match type", extension: "relational", value: operator },
];

const addressPart: readonly TagRule[] = [
  { name: "all", group: "address part" },
  { name: "localpart", group: "address part" },
  { name: "domain", group: "address part" },
  { name: "user", group: "address part", extension: "subaddress" },
  { name: "detail", group: "address part", extension: "subaddress" },
];

const index: readonly TagRule[] = [
  { name: "index", extension: "index", value: { name: "the index", type: "number" } },
  { name: "last", extension: "index", beside: "index" },
];

const zone: TagRule = {
  name: "zone",
  group: "zone",
  extension: "date",
  value: { name: "the time zone", type: "string", strings: "time-zone" },
};

const matching = [...comparator, ...matchType];
const keys: ValueRule = { name: "the keys", type: "string-list" };
const headers: ValueRule = { name: "the header names", type: "string-list", strings: "header-name" };
const datePart: ValueRule = { name: "the date part", type: "string", strings: "date-part" };
const reason: ValueRule = { name: "the reason", type: "string" };
const flags: ValueRule = { name: "the flags", type: "string-list" };
const flagsTag: TagRule = { name: "flags", extension: "imap4flags", value: flags };
const copy: TagRule = { name: "copy", extension: "copy" };

function command(rules: Partial<Omit<Signature, "kind">> = {}): Signature {
  return { tags: [], values: [], tests: "none", block: false, ...rules, kind: "command" };
}

function test(rules: Partial<Omit<Signature, "kind" | "block">> = {}): Signature {
  return { tags: [], values: [], tests: "none", ...rules, kind: "test", block: false };
}

const flagAction = command({
  extension: "imap4flags",
  values: [{ name: "the variable", type: "string", strings: "variable-name", optional: "variables" }, flags],
});

/** By name in lower case. */
export const vocabulary: ReadonlyMap<string, Signature> = new Map([
  // Control commands (RFC 5228 section 3).
  ["require", command({ values: [{ name: "the extensions", type: "string-list" }] })],
  ["if", command({ tests: "one", block: true })],
  ["elsif", command({ tests: "one", block: true })],
  ["else", command({ block: true })],
  ["stop", command()],

  // Actions.
  ["keep", command({ tags: [flagsTag] })],
  ["discard", command()],
  ["redirect", command({ tags: [copy], values: [{ name: "the address", type: "string", strings: "address" }] })],
  [
    "fileinto",
    command({
      extension: "fileinto",
      tags: [copy, flagsTag, { name: "create", extension: "mailbox" }],
      values: [{ name: "the mailbox", type: "string", strings: "mailbox-name" }],
    }),
  ],
  ["reject", command({ extension: "reject", values: [reason] })],
  ["ereject", command({ extension: "ereject", values: [reason] })],
  ["setflag", flagAction],
  ["addflag", flagAction],
  ["removeflag", flagAction],
  [
    "vacation",
    command({
      extension: "vacation",
      tags: [
        { name: "days", group: "period", value: { name: "the number of days", type: "number" } },
        {
          name: "seconds",
          group: "period",
          extension: "vacation-seconds",
          value: { name: "the number of seconds", type: "number" },
        },
        { name: "subject", value: { name: "the subject", type: "string" } },
        { name: "from", value: { name: "the sender", type: "string", strings: "address" } },
        { name: "addresses", value: { name: "the addresses", type: "string-list", strings: "address" } },
        { name: "mime" },
        { name: "handle", value: { name: "the handle", type: "string" } },
      ],
      values: [reason],
    }),
  ],
  [
    "set",
    command({
      extension: "variables",
      tags: [
        { name: "lower", group: "change of case" },
        { name: "upper", group: "change of case" },
        { name: "lowerfirst", group: "change of the first letter" },
        { name: "upperfirst", group: "change of the first letter" },
        { name: "quotewildcard" },
        { name: "length" },
      ],
      values: [
        { name: "the variable", type: "string", strings: "variable-name" },
        { name: "the value", type: "string" },
      ],
    }),
  ],

  // Tests (RFC 5228 section 5).
  [
    "address",
    test({
      tags: [...matching, ...addressPart, ...index],
      values: [{ name: "the header names", type: "string-list", strings: "address-header" }, keys],
    }),
  ],
  ["allof", test({ tests: "list" })],
  ["anyof", test({ tests: "list" })],
  [
    "envelope",
    test({
      extension: "envelope",
      tags: [...matching, ...addressPart],
      values: [{ name: "the envelope parts", type: "string-list", strings: "envelope-part" }, keys],
    }),
  ],
  ["exists", test({ values: [headers] })],
  ["false", test()],
  ["header", test({ tags: [...matching, ...index], values: [headers, keys] })],
  ["not", test({ tests: "one" })],
  [
    "size",
    test({
      tags: [
        { name: "over", group: "comparison" },
        { name: "under", group: "comparison" },
      ],
      needs: ["comparison"],
      values: [{ name: "the size", type: "number" }],
    }),
  ],
  ["true", test()],
  [
    "body",
    test({
      extension: "body",
      tags: [
        ...matching,
        { name: "raw", group: "body transform" },
        { name: "text", group: "body transform" },
        { name: "content", group: "body transform", value: { name: "the content types", type: "string-list" } },
      ],
      values: [keys],
    }),
  ],
  [
    "date",
    test({
      extension: "date",
      tags: [...matching, ...index, zone, { name: "originalzone", group: "zone" }],
      values: [{ name: "the header name", type: "string", strings: "header-name" }, datePart, keys],
    }),
  ],
  ["currentdate", test({ extension: "date", tags: [...matching, zone], values: [datePart, keys] })],
  [
    "hasflag",
    test({
      extension: "imap4flags",
      tags: matching,
      values: [{ name: "the variables", type: "string-list", strings: "variable-name", optional: "variables" }, flags],
    }),
  ],
  [
    "mailboxexists",
    test({
      extension: "mailbox",
      values: [{ name: "the mailboxes", type: "string-list", strings: "mailbox-name" }],
    }),
  ],
  [
    "string",
    test({ extension: "variables", tags: matching, values: [{ name: "the strings", type: "string-list" }, keys] }),
  ],
]);
