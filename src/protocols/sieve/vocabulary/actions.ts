/**
 * What is done with a message: RFC 5228 section 4 and, by name of the extension, RFC 3894 (copy), 5230 (vacation), 5232
 * (imap4flags), 5293 (editheader), 5429 (reject, ereject), 5435 (enotify), 5490 (mailbox), 5703 (enclose, extracttext,
 * replace), 6009 (redirect-deliverby, redirect-dsn), 6131 (vacation-seconds), 6134 (extlists), 6558 (convert), 8579
 * (special-use), 8580 (fcc), 9042 (mailboxid) and 9671 (processcalendar); drafts (notify, imapflags) and Pigeonhole's own.
 */
import {
  copy,
  fileCarbonCopy,
  fileIntoTags,
  flags,
  flagsTag,
  index,
  keys,
  mailbox,
  matching,
  modifiers,
} from "./arguments.ts";
import { command, type Signature, type TagRule, test, type ValueRule, type Words } from "./signature.ts";

const reason: ValueRule = { name: "the reason", type: "string" };
const address: ValueRule = { name: "the address", type: "string", strings: "address" };
const sender: ValueRule = { name: "the sender", type: "string", strings: "address" };
const subject: ValueRule = { name: "the subject", type: "string" };
const addresses: ValueRule = { name: "the addresses", type: "string-list", strings: "address" };
const fieldName: ValueRule = { name: "the header name", type: "string", strings: "field-name" };

const flagActions = [
  command({
    extension: "imap4flags",
    values: [{ name: "the variable", type: "string", strings: "settable-variable", optional: "variables" }, flags],
  }),
  command({ extension: "imapflags", values: [flags] }),
] as const;

/** RFC 6009. */
const deliveryTags: readonly TagRule[] = [
  {
    name: "notify",
    extension: "redirect-dsn",
    value: { name: "the conditions", type: "string", strings: "dsn-conditions" },
  },
  {
    name: "ret",
    extension: "redirect-dsn",
    value: { name: "what to return", type: "string", strings: "dsn-return" },
  },
  {
    name: "bytimerelative",
    group: "time limit",
    extension: "redirect-deliverby",
    value: { name: "the number of seconds", type: "number" },
  },
  {
    name: "bytimeabsolute",
    group: "time limit",
    extension: "redirect-deliverby",
    value: { name: "the time", type: "string" },
  },
  { name: "bymode", extension: "redirect-deliverby", value: { name: "the mode", type: "string", strings: "by-mode" } },
  { name: "bytrace", extension: "redirect-deliverby" },
];

const urgency: readonly TagRule[] = [
  { name: "low", group: "urgency" },
  { name: "normal", group: "urgency" },
  { name: "high", group: "urgency" },
];

const noticeId: ValueRule = { name: "the notice's id", type: "string" };

/** RFC 6558 section 3. */
const conversion = {
  extension: "convert",
  values: [
    { name: "the type to convert", type: "string" },
    { name: "the type to convert to", type: "string" },
    { name: "the parameters", type: "string-list" },
  ],
} as const;

const program: readonly ValueRule[] = [
  { name: "the program", type: "string", strings: "program-name" },
  { name: "the arguments", type: "string-list", optional: true },
];

const execution = {
  extension: "vnd.dovecot.execute",
  tags: [
    { name: "input", group: "input", value: { name: "the input", type: "string" } },
    { name: "pipe", group: "input" },
    {
      name: "output",
      extension: "variables",
      value: { name: "the variable", type: "string", strings: "settable-variable" },
    },
  ],
  values: program,
} as const satisfies Partial<Signature>;

export const actions: Words = [
  ["keep", command({ tags: [flagsTag] })],
  ["discard", command()],
  [
    "redirect",
    command({
      tags: [copy, { name: "list", extension: "extlists", changes: { value: address, to: null } }, ...deliveryTags],
      values: [address],
    }),
  ],
  ["fileinto", command({ extension: "fileinto", tags: fileIntoTags, values: [mailbox] })],
  ["reject", command({ extension: "reject", values: [reason] })],
  ["ereject", command({ extension: "ereject", values: [reason] })],
  ["setflag", ...flagActions],
  ["addflag", ...flagActions],
  ["removeflag", ...flagActions],
  ["mark", command({ extension: "imapflags" })],
  ["unmark", command({ extension: "imapflags" })],
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
        { name: "subject", value: subject },
        { name: "from", value: sender },
        { name: "addresses", value: addresses },
        { name: "mime" },
        { name: "handle", value: { name: "the handle", type: "string" } },
        ...fileCarbonCopy,
      ],
      values: [reason],
    }),
  ],
  [
    "notify",
    command({
      extension: "enotify",
      tags: [
        { name: "from", value: sender },
        { name: "importance", value: { name: "the importance", type: "string", strings: "importance" } },
        { name: "options", value: { name: "the options", type: "string-list", strings: "notify-option" } },
        { name: "message", value: { name: "the message", type: "string" } },
        ...fileCarbonCopy,
      ],
      values: [{ name: "the method", type: "string", strings: "notify-method" }],
    }),
    command({
      extension: "notify",
      tags: [
        { name: "method", value: { name: "the method", type: "string" } },
        { name: "id", value: noticeId },
        { name: "options", value: { name: "the options", type: "string-list" } },
        { name: "message", value: { name: "the message", type: "string" } },
        ...urgency,
      ],
    }),
  ],
  [
    "denotify",
    command({
      extension: "notify",
      tags: [
        ...["is", "contains", "matches"].map((name): TagRule => ({ name, group: "match type", value: noticeId })),
        ...urgency,
      ],
    }),
  ],
  [
    "addheader",
    command({
      extension: "editheader",
      tags: [{ name: "last" }],
      values: [fieldName, { name: "the value", type: "string" }],
    }),
  ],
  [
    "deleteheader",
    command({
      extension: "editheader",
      // The extension index is not needed here (RFC 5293 section 5).
      tags: [...index.map(({ extension: _, ...tag }): TagRule => tag), ...matching],
      values: [fieldName, { ...keys, optional: true }],
    }),
  ],
  [
    "extracttext",
    command({
      extension: ["extracttext", "variables"],
      tags: [...modifiers, { name: "first", value: { name: "the number of characters", type: "number" } }],
      values: [{ name: "the variable", type: "string", strings: "settable-variable" }],
      within: "foreverypart",
    }),
  ],
  [
    "replace",
    command({
      extension: "replace",
      tags: [{ name: "mime" }, { name: "subject", value: subject }, { name: "from", value: sender }],
      values: [{ name: "the replacement", type: "string" }],
    }),
  ],
  [
    "enclose",
    command({
      extension: "enclose",
      tags: [
        { name: "subject", value: subject },
        { name: "headers", value: { name: "the headers", type: "string-list" } },
      ],
      values: [{ name: "the text", type: "string" }],
    }),
  ],
  ["convert", command(conversion), test(conversion)],
  [
    "processcalendar",
    command({
      extension: "processcalendar",
      tags: [
        { name: "allowpublic" },
        { name: "addresses", value: addresses },
        { name: "updatesonly", group: "kind of update" },
        { name: "calendarid", group: "kind of update", value: { name: "the calendar's id", type: "string" } },
        { name: "deletecancelled" },
        { name: "organizers", extension: "extlists", value: { name: "the list of organizers", type: "string" } },
        ...["outcome", "reason"].map(
          (name): TagRule => ({
            name,
            extension: "variables",
            value: { name: "the variable", type: "string", strings: "settable-variable" },
          }),
        ),
      ],
    }),
  ],
  ["debug_log", command({ extension: "vnd.dovecot.debug", values: [{ name: "the message", type: "string" }] })],
  ["pipe", command({ extension: "vnd.dovecot.pipe", tags: [copy, { name: "try" }], values: program })],
  [
    "filter",
    command({ extension: "vnd.dovecot.filter", values: program }),
    test({ extension: "vnd.dovecot.filter", values: program }),
  ],
  ["execute", command(execution), test(execution)],
  [
    "report",
    command({
      extension: "vnd.dovecot.report",
      tags: [{ name: "headers_only" }],
      values: [
        { name: "the kind of feedback", type: "string", strings: "feedback-type" },
        { name: "the message", type: "string" },
        address,
      ],
    }),
  ],
];
