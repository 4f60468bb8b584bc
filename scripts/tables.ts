/** Tables of names in the code: end causes, metrics, cipher suites, limits. */
import { SUITES } from "../src/config/index.ts";
import { endCauses } from "../src/machines/causes.ts";
import { pauseReasons } from "../src/machines/listener.ts";
import { ADDRESS_COST, STRUCTURE_LIMITS } from "../src/mailbox/message/structure-limits.ts";
import {
  authenticatedGrammarLimits,
  type GrammarLimits,
  unauthenticatedGrammarLimits,
} from "../src/protocols/imap/grammar/limits.ts";
import { LocalSlots } from "../src/runtime/admission/slots.ts";
import { Metrics } from "../src/runtime/observe/metrics.ts";
import { noPressure } from "../src/runtime/pressure/pressure.ts";
import type { GeneratedBlock } from "./generated-block.ts";
import { markdownTable } from "./markdown-table.ts";

export const tables: readonly GeneratedBlock[] = [
  { file: "docs/imap.md", name: "limits of IMAP commands", text: imapCommandTable },
  { file: "docs/imap.md", name: "limits of structures", text: structureTable },
  { file: "docs/lifecycle.md", name: "end causes", text: endCauseTable },
  { file: "docs/lifecycle.md", name: "pause reasons", text: pauseReasonTable },
  { file: "docs/metrics.md", name: "metrics", text: metricTable },
  { file: "docs/tls.md", name: "cipher suites", text: cipherSuiteTable },
];

function endCauseTable(): string {
  return markdownTable(
    ["cause", "meaning"],
    Object.entries(endCauses).map(([cause, meaning]) => [`\`${cause}\``, meaning]),
  );
}

function pauseReasonTable(): string {
  return markdownTable(
    ["reason", "meaning"],
    Object.entries(pauseReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
  );
}

const imapCommandLimits: Readonly<Record<keyof GrammarLimits, string>> = {
  line: "of all its lines together, without literals: `BAD`",
  literal: "of a literal: `BAD`, before it is sent if the client asks first",
  literals: "of all its literals: the same",
  skipped: "of an invalid command that is skipped to reach the next one: `* BYE`, end `line-too-long`",
  depth: "nested parentheses, NOT and OR: `BAD`",
  items: "search keys, fetch items, header fields, flags: `BAD`",
  textKeys: "search keys that look into messages (BODY, TEXT, HEADER, SUBJECT, FROM, TO, CC, BCC): `NO [LIMIT]`",
};

function imapCommandTable(): string {
  const names = Object.keys(imapCommandLimits) as (keyof GrammarLimits)[];
  return markdownTable(
    ["limit", "before the log-in", "after it", "of what, and what crossing it leads to"],
    names.map((name) => [
      `\`${name}\``,
      String(unauthenticatedGrammarLimits[name]),
      String(authenticatedGrammarLimits[name]),
      imapCommandLimits[name],
    ]),
  );
}

const structureLimits: Readonly<Record<keyof typeof STRUCTURE_LIMITS, string>> = {
  parts: "body parts, including multiparts and nested messages: the rest of the message belongs to the last one",
  depth: "levels of a part's number: deeper parts are not parsed, and FETCH has no sections of them (`BAD`)",
  headers: "octets of headers: the rest of the header is not read, and the rest of the message is one part",
  texts: `characters of header text, plus ${ADDRESS_COST} for each address: texts are cut, addresses left out, and the rest is one part`,
  field: "characters of one field: the rest is not read",
  repeated: "fields with the same name in a header: the others are not read",
  addresses: "addresses of one field: the others are left out",
  addressWords: "tokens of an address field: the rest is not read",
  words: "tokens of any other field: the rest is not read",
};

function structureTable(): string {
  const names = Object.keys(structureLimits) as (keyof typeof STRUCTURE_LIMITS)[];
  return markdownTable(
    ["limit", "of what, and what happens beyond it"],
    names.map((name) => [String(STRUCTURE_LIMITS[name]), structureLimits[name]]),
  );
}

function metricTable(): string {
  const { registry } = new Metrics({
    source: {
      slots: new LocalSlots(1),
      listeners: [],
      fleet: null,
      pressure: { latest: noPressure },
      certificates: [],
      orderStatus: () => null,
      date: new Date(),
    },
    outputs: [],
    isDocumentRejected: () => false,
  });
  const rows = registry.getMetricsAsArray().map((metric) => {
    // prom-client has these on every metric, and does not type them.
    const labels: unknown = Reflect.get(metric, "labelNames");
    const names = Array.isArray(labels) ? labels.map((label) => `\`${String(label)}\``).join(", ") : "";
    return [`\`${metric.name}\``, String(metric.type), names, metric.help];
  });
  return markdownTable(["metric", "type", "labels", "meaning"], rows);
}

function cipherSuiteTable(): string {
  const rows = Object.entries(SUITES).map(([name, { iana, version, key }]) => [
    `\`${name}\``,
    `\`${iana}\``,
    version === "tls13" ? "1.3" : "1.2",
    key?.toUpperCase() ?? "any",
  ]);
  return markdownTable(["name in the document", "IANA name", "TLS", "key"], rows);
}
