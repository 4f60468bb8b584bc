import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { exampleDocument } from "../../../src/config/document/example-document.ts";
import { jsonSchema } from "../../../src/config/document/json-schema.ts";
import { configurationDocuments } from "../configuration-documents.ts";
import { mailServer } from "../documents.ts";

const schema = jsonSchema();
const validator = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
const accepts = (document: unknown) => validator.safeParse(document).success;

test("the schema is JSON of draft 2020-12", () => {
  expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test("the documented example and the built-in one are accepted", () => {
  expect(accepts(mailServer)).toBe(true);
  expect(accepts(mailServer.NetworkListener)).toBe(true);
  expect(accepts(exampleDocument)).toBe(true);
});

test("maps from ids, sets as maps and durations as numbers are accepted", () => {
  const listener = {
    name: "smtp",
    bind: { "[::]:25": true },
    tlsTimeout: 60_000,
    tlsDisableProtocols: { tls12: true },
  };
  expect(accepts({ NetworkListener: { b: listener, c: { bind: ["[::]:26"] } } })).toBe(true);
});

test("every valid document is accepted", () => {
  fc.assert(fc.property(configurationDocuments, (document) => accepts(document)));
});

test.each([
  { NetworkListeners: [] },
  [{ name: "a" }],
  [{ name: "a", bind: ["[::]:25"], protcol: "smtp" }],
  [{ name: "a", bind: ["[::]:25"], socketTtl: 256 }],
  [{ name: "a", bind: ["[::]:25"], tlsTimeout: "60" }],
  [{ name: "a", bind: ["[::]:25"], tlsDisableProtocols: ["tls11"] }],
  [{ name: "a", bind: { "[::]:25": false } }],
  { Account: { "a@b.example": { secret: "x" } } },
])("%j is not accepted", (document) => {
  expect(accepts(document)).toBe(false);
});

test("every field of a listener has a description, and its default where it has one", () => {
  const text = JSON.stringify(schema);
  expect(text).toContain('"additionalProperties":false');
  const listener = z
    .object({
      anyOf: z.tuple([
        z.unknown(),
        z.object({ items: z.object({ properties: z.record(z.string(), z.looseObject({})) }) }),
      ]),
    })
    .parse(schema).anyOf[1].items.properties;
  const known = Object.keys(listener).filter((field) => !listener[field]?.["deprecated"]);
  const withoutDefault = known.filter((field) => !Object.hasOwn(listener[field] ?? {}, "default"));
  expect(withoutDefault).toEqual(["name", "bind"]);
  for (const field of Object.values(listener)) expect(field["description"]).toMatch(/\.$/);
  expect(listener).toMatchObject({ tlsTimeout: { default: 60_000 }, socketBacklog: { default: 1024 } });
});
