/**
 * What is asked: RFC 5228 section 5 and, by name of the extension, RFC 5173 (body), 5183 (environment), 5229 (variables),
 * 5231 (relational), 5232 (imap4flags), 5233 (subaddress), 5235 (spamtest, virustest), 5260 (date, index), 5435 (enotify),
 * 5463 (ihave), 5490 (mailbox, mboxmetadata, servermetadata), 5703 (mime), 6134 (extlists), 7352 (duplicate), 8579
 * (special-use) and 9042 (mailboxid).
 */
import {
  addressPart,
  annotations,
  datePart,
  flags,
  headers,
  index,
  keys,
  matching,
  mime,
  mimeOptions,
  zone,
} from "./arguments.ts";
import { test, type ValueRule, type Words } from "./signature.ts";

const mailboxes: ValueRule = { name: "the mailboxes", type: "string-list", strings: "known-mailbox" };
const oneMailbox: ValueRule = { name: "the mailbox", type: "string", strings: "known-mailbox" };
const annotation: ValueRule = { name: "the annotation", type: "string", strings: "annotation-name" };

export const tests: Words = [
  [
    "address",
    test({
      tags: [...matching, ...addressPart, ...index, ...mime],
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
  ["exists", test({ tags: mime, values: [headers] })],
  ["false", test()],
  ["header", test({ tags: [...matching, ...index, ...mime, ...mimeOptions], values: [headers, keys] })],
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
    "string",
    test({ extension: "variables", tags: matching, values: [{ name: "the strings", type: "string-list" }, keys] }),
  ],
  ["mailboxexists", test({ extension: "mailbox", values: [mailboxes] })],
  ["mailboxidexists", test({ extension: "mailboxid", values: [{ name: "the mailboxes' ids", type: "string-list" }] })],
  [
    "specialuse_exists",
    test({
      extension: "special-use",
      values: [
        { ...oneMailbox, optional: true },
        { name: "the special uses", type: "string-list", strings: "special-use" },
      ],
    }),
  ],
  ["metadata", test({ extension: "mboxmetadata", tags: matching, values: [oneMailbox, annotation, keys] })],
  ["metadataexists", test({ extension: "mboxmetadata", values: [oneMailbox, annotations] })],
  ["servermetadata", test({ extension: "servermetadata", tags: matching, values: [annotation, keys] })],
  ["servermetadataexists", test({ extension: "servermetadata", values: [annotations] })],
  [
    "environment",
    test({ extension: "environment", tags: matching, values: [{ name: "the item", type: "string" }, keys] }),
  ],
  [
    "spamtest",
    test({
      extension: "spamtest",
      tags: [...matching, { name: "percent", extension: "spamtestplus" }],
      values: [{ name: "the value", type: "string" }],
    }),
  ],
  ["virustest", test({ extension: "virustest", tags: matching, values: [{ name: "the value", type: "string" }] })],
  [
    "ihave",
    test({
      extension: "ihave",
      values: [{ name: "the extensions", type: "string-list", strings: "extension-name" }],
    }),
  ],
  [
    "duplicate",
    test({
      extension: "duplicate",
      tags: [
        { name: "handle", value: { name: "the handle", type: "string" } },
        {
          name: "header",
          group: "unique id",
          value: { name: "the header name", type: "string", strings: "header-name" },
        },
        { name: "uniqueid", group: "unique id", value: { name: "the unique id", type: "string" } },
        { name: "seconds", value: { name: "the number of seconds", type: "number" } },
        { name: "last" },
      ],
    }),
  ],
  ["valid_notify_method", test({ extension: "enotify", values: [{ name: "the methods", type: "string-list" }] })],
  [
    "notify_method_capability",
    test({
      extension: "enotify",
      tags: matching,
      values: [{ name: "the method", type: "string" }, { name: "the capability", type: "string" }, keys],
    }),
  ],
  ["valid_ext_list", test({ extension: "extlists", values: [{ name: "the lists", type: "string-list" }] })],
];
