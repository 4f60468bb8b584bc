/** Changes of a document's text: what they do not concern stays, to the octet. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { readJsonText } from "../../../src/config/document/json-text.ts";
import { changedDocument } from "../../../src/config/managed/changed-document.ts";
import type { DocumentChange } from "../../../src/config/managed/managed-document-contract.ts";

const document = `// The mail of example.com
{
  "SystemSettings": { "defaultHostname": "mail.example.com" }, // as in the DNS
  "NetworkListener": [
    // MX
    { "name": "smtp", "bind": ["[::]:25"] },
    {
      "name": "submission", /* 587 */
      "bind": {
        "[::]:587": true, // both families
      },
      "maxConnections": 100 // enough
    },

    // For a person
    { "name": "http", "protocol": "http", "bind": ["127.0.0.1:8080"] }
  ],
}
`;

function changed(text: string, ...changes: DocumentChange[]): string {
  const outcome = changedDocument(text, changes);
  expect(outcome.problems).toEqual([]);
  parseDocument(outcome.text);
  return outcome.text;
}

/** Lines that are not in both, as `git diff` marks them. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = now.length - 1; column >= 0; column -= 1)
      (lengths[row] as number[])[column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
      row += 1;
      column += 1;
    } else if (row < old.length && (column === now.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`-${old[row]}`);
      row += 1;
    } else {
      lines.push(`+${now[column]}`);
      column += 1;
    }
  }
  return lines;
}

const update = (id: string, patch: Record<string, unknown>): DocumentChange => ({
  kind: "update",
  section: "NetworkListener",
  id,
  patch,
});
const destroy = (id: string): DocumentChange => ({ kind: "destroy", section: "NetworkListener", id });
const create = (value: Record<string, unknown>): DocumentChange => ({
  kind: "create",
  section: "NetworkListener",
  value,
});

test.each<[string, DocumentChange, string[]]>([
  [
    "a value that is there is one line",
    update("submission", { maxConnections: 5 }),
    ['-      "maxConnections": 100 // enough', '+      "maxConnections": 5 // enough'],
  ],
  [
    "a field that comes leaves the comment where it belongs",
    update("submission", { tlsTimeout: 5000 }),
    ['-      "maxConnections": 100 // enough', '+      "maxConnections": 100, // enough', '+      "tlsTimeout": 5000'],
  ],
  [
    "a field that goes takes its own comment along, and the comma before it",
    update("submission", { maxConnections: null }),
    ["-      },", '-      "maxConnections": 100 // enough', "+      }"],
  ],
  ["a member of a set that is a map", update("submission", { "bind/[::]:26": true }), ['+        "[::]:26": true,']],
  [
    "a member of a set that is an array",
    update("smtp", { "bind/[::]:26": true }),
    ['-    { "name": "smtp", "bind": ["[::]:25"] },', '+    { "name": "smtp", "bind": ["[::]:25", "[::]:26"] },'],
  ],
  [
    "a set that is written in another way",
    update("smtp", { bind: { "[::]:25": true, "[::]:26": true } }),
    ['-    { "name": "smtp", "bind": ["[::]:25"] },', '+    { "name": "smtp", "bind": ["[::]:25", "[::]:26"] },'],
  ],
  [
    "another name, whose id stays",
    update("smtp", { name: "mx" }),
    ['-    { "name": "smtp", "bind": ["[::]:25"] },', '+    { "name": "mx", "bind": ["[::]:25"], "id": "smtp" },'],
  ],
  [
    "an object that comes looks like the last",
    create({ name: "imap", protocol: "imap", bind: { "[::]:143": true }, socketTtl: null }),
    [
      '-    { "name": "http", "protocol": "http", "bind": ["127.0.0.1:8080"] }',
      '+    { "name": "http", "protocol": "http", "bind": ["127.0.0.1:8080"] },',
      '+    { "name": "imap", "protocol": "imap", "bind": ["[::]:143"] }',
    ],
  ],
  [
    "an object that goes takes the comment above it along",
    destroy("smtp"),
    ["-    // MX", '-    { "name": "smtp", "bind": ["[::]:25"] },'],
  ],
  [
    "the last object goes with the comma before it",
    destroy("http"),
    [
      "-    },",
      "+    }",
      "-    // For a person",
      '-    { "name": "http", "protocol": "http", "bind": ["127.0.0.1:8080"] }',
    ],
  ],
  [
    "the settings of the server",
    { kind: "update", section: "SystemSettings", id: "singleton", patch: { maxConnections: 9 } },
    [
      '-  "SystemSettings": { "defaultHostname": "mail.example.com" }, // as in the DNS',
      '+  "SystemSettings": { "defaultHostname": "mail.example.com", "maxConnections": 9 }, // as in the DNS',
    ],
  ],
  [
    "a section that was not there",
    { kind: "create", section: "BlockedIp", value: { address: "192.0.2.0/24" } },
    ['+  "BlockedIp": [', "+    {", '+      "address": "192.0.2.0/24"', "+    }", "+  ],"],
  ],
])("%s", (_, change, lines) => {
  const after = changed(document, change);
  expect(difference(document, after).filter((line) => line.trim() !== "-" && line.trim() !== "+")).toEqual(lines);
});

test("a bare array of listeners gets other sections around it", () => {
  const bare = '// Mine\n[\n  { "name": "smtp", "bind": ["[::]:25"] } // MX\n]\n';
  const settings: DocumentChange = {
    kind: "update",
    section: "SystemSettings",
    id: "singleton",
    patch: { maxConnections: 3 },
  };
  const after = changed(bare, settings, create({ name: "imap", protocol: "imap", bind: ["[::]:143"] }));
  expect(parseDocument(after)).toMatchObject({
    system: { maxConnections: 3 },
    listeners: [{ name: "smtp" }, { name: "imap" }],
  });
  expect(after).toMatch(/^\/\/ Mine\n\{\n {2}"NetworkListener": \[\n.*\} *,? \/\/ MX\n/);
});

test("several changes of one object are one, whatever their order", () => {
  const after = changed(
    document,
    create({ name: "imap", protocol: "imap", bind: ["[::]:143"] }),
    update("imap", { maxConnections: 4 }),
    update("imap", { "bind/[::]:144": true }),
    destroy("http"),
    create({ name: "pop3", protocol: "pop3", bind: ["[::]:110"] }),
    destroy("pop3"),
  );
  expect(parseDocument(after).listeners).toMatchObject([
    { name: "smtp" },
    { name: "submission" },
    { name: "imap", maxConnections: 4, bind: [{ text: "[::]:143" }, { text: "[::]:144" }] },
  ]);
});

test("what cannot be is told of each change, and nothing is changed", () => {
  const outcome = changedDocument(document, [
    update("none", {}),
    { ...create({ name: "smtp", bind: ["[::]:26"] }), id: "smtp" } as DocumentChange,
    update("smtp", { "name/x": 1 }),
    update("smtp", { bind: {}, "bind/[::]:1": true }),
    { kind: "destroy", section: "SystemSettings", id: "singleton" },
    destroy("toString"),
  ]);
  expect(outcome.text).toBe(document);
  expect(outcome.problems).toMatchObject([
    { change: 0, section: "NetworkListener", id: "none", reason: "not-found" },
    { change: 1, reason: "exists" },
    { change: 2, reason: "invalid-patch", path: ["name", "x"] },
    { change: 3, reason: "invalid-patch" },
    { change: 4, reason: "singleton" },
    { change: 5, reason: "not-found", id: "toString" },
  ]);
});

/** White space and comments as people put them, and none. */
const filler = fc.constantFrom("", " ", "\n", "\n  ", " // one\n", "/* two */", "\r\n\t", " /* a */ // b\n  ", "\n\n");

/** A text whose pieces are known: the listener's own, which no change of another may touch. */
const texts = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 }),
    fillers: fc.array(filler, { minLength: 48, maxLength: 48 }),
    isMap: fc.boolean(),
    trailing: fc.boolean(),
    bare: fc.boolean(),
  })
  .map(({ names, fillers, isMap, trailing, bare }) => {
    let used = 0;
    const gap = (): string => fillers[used++ % fillers.length] ?? "";
    const pieces = names.map((name, index) => {
      const bind = `[${gap()}"127.0.0.1:${index + 1}"${gap()}${trailing ? "," : ""}${gap()}]`;
      return `{${gap()}"name"${gap()}:${gap()}"${name}"${gap()},${gap()}"bind":${bind}${gap()}}`;
    });
    const keyed = pieces.map((piece, index) => (isMap && !bare ? `"${names[index]}"${gap()}:${gap()}${piece}` : piece));
    const inside = `${gap()}${keyed.join(`${gap()},${gap()}`)}${gap()}${trailing ? "," : ""}${gap()}`;
    const section = isMap && !bare ? `{${inside}}` : `[${inside}]`;
    return {
      names,
      pieces,
      text: bare ? `${gap()}${section}${gap()}` : `{${gap()}"NetworkListener":${section}${gap()}}`,
    };
  });

const steps = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e", "f", "g"),
    what: fc.constantFrom("create", "update", "widen", "narrow", "destroy"),
    cap: fc.integer({ min: 1, max: 999 }),
  }),
  { maxLength: 6 },
);

test("what no change concerns is the same to the octet, and what changes concern is as they say", () => {
  fc.assert(
    fc.property(texts, steps, ({ names, pieces, text }, wanted) => {
      expect(readJsonText(text).findings).toEqual([]);
      const present = new Map<string, { cap: number | null; binds: number }>(
        names.map((name) => [name, { cap: null, binds: 1 }]),
      );
      const touched = new Set<string>();
      const changes: DocumentChange[] = [];
      for (const { name, what, cap } of wanted) {
        const known = present.get(name);
        if ((what === "create") === (known !== undefined)) continue;
        touched.add(name);
        if (what === "create") {
          present.set(name, { cap, binds: 1 });
          changes.push({
            ...create({ name, bind: { "127.0.0.1:0": true }, maxConnections: cap }),
            id: name,
          } as DocumentChange);
        } else if (what === "destroy") {
          present.delete(name);
          changes.push(destroy(name));
        } else if (known && what === "update") {
          known.cap = known.cap === null ? cap : null;
          changes.push(update(name, { maxConnections: known.cap }));
        } else if (known) {
          known.binds = what === "widen" ? 2 : 1;
          changes.push(update(name, { "bind/127.0.0.2:0": what === "widen" ? true : null }));
        }
      }
      const after = changed(text, ...changes);
      const listeners = new Map(parseDocument(after).listeners.map((listener) => [listener.name, listener]));
      expect([...listeners.keys()].toSorted()).toEqual([...present.keys()].toSorted());
      for (const [name, { cap, binds }] of present)
        expect(listeners.get(name)).toMatchObject({ maxConnections: cap ?? 8192, bind: { length: binds } });
      names.forEach((name, index) => {
        if (!touched.has(name)) expect(after).toContain(pieces[index]);
      });
      if (touched.size === 0) expect(after).toBe(text);
      // Comments go with what they are about, and are never made.
      expect((after.match(/\/\/ one|two|\/\/ b/g) ?? []).length).toBeLessThanOrEqual(
        (text.match(/\/\/ one|two|\/\/ b/g) ?? []).length,
      );
    }),
    { numRuns: 2_000 },
  );
});
