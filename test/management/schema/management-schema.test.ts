import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import { accountSchema } from "../../../src/config/document/account.ts";
import { certificateSchema } from "../../../src/config/document/certificate.ts";
import { allowedIpSchema, blockedIpSchema } from "../../../src/config/document/listed-ip.ts";
import { listenerSchema } from "../../../src/config/document/listener.ts";
import { systemSchema } from "../../../src/config/document/system.ts";
import { isIgnored } from "../../../src/config/values/fields.ts";
import { managementSchema, publishedSchema } from "../../../src/management/schema/management-schema.ts";
import type { FieldType } from "../../../src/management/schema/schema-contract.ts";

const schema = managementSchema();

const sections: Readonly<Record<string, z.ZodObject>> = {
  "x:NetworkListener": listenerSchema,
  "x:SystemSettings": systemSchema,
  "x:Certificate": certificateSchema,
  "x:Account": accountSchema,
  "x:BlockedIp": blockedIpSchema,
  "x:AllowedIp": allowedIpSchema,
};

/** Everything in the schema under a member of this name. */
function allOf(member: string, within: unknown = schema): string[] {
  if (typeof within !== "object" || within === null) return [];
  return Object.entries(within).flatMap(([key, value]) =>
    key === member && typeof value === "string" ? [value] : allOf(member, value),
  );
}

test("every name in the schema is that of something in it", () => {
  expect(Object.keys(schema.schemas)).toEqual(expect.arrayContaining(allOf("objectName")));
  expect(Object.keys(schema.schemas)).toEqual(expect.arrayContaining(Object.keys(schema.objects)));
  expect(Object.keys(schema.enums)).toEqual(expect.arrayContaining(allOf("enumName")));
  expect(Object.keys(schema.fields)).toEqual(expect.arrayContaining(allOf("schemaName")));
  for (const view of allOf("viewName")) {
    const type = schema.objects[view]?.type;
    expect(type === "singleton" ? schema.forms : schema.lists).toHaveProperty([view]);
  }
  for (const [name, list] of Object.entries(schema.lists)) {
    const shown = [...list.columns.map((column) => column.name), ...list.filters.map(({ field }) => field)];
    expect(Object.keys(schema.fields[name]?.properties ?? {})).toEqual(expect.arrayContaining(shown));
  }
});

test.each(Object.entries(schema.fields))("every field of %s stands once in its form", (name, { properties }) => {
  const inForm = schema.forms[name]?.sections.flatMap(({ fields }) => fields.map((field) => field.name));
  expect(inForm?.toSorted()).toEqual(Object.keys(properties).toSorted());
});

test.each(Object.entries(sections))("every field that a document may have in %s is described", (name, zod) => {
  const described = Object.entries(schema.fields[name]?.properties ?? {});
  const fields = Object.keys(zod.shape).filter((field) => !isIgnored(zod.shape[field] as z.ZodType));
  expect(described.map(([field]) => field)).toEqual(expect.arrayContaining(fields));
  for (const [, { description }] of described) expect(description).toMatch(/\.$/);
});

test.each(Object.entries(sections))("every default of %s is valid", (name, zod) => {
  for (const [field, value] of Object.entries(schema.fields[name]?.defaults ?? {})) {
    const reading = (zod.shape[field] as z.ZodType).safeParse(value);
    expect([field, reading.error]).toEqual([field, undefined]);
  }
});

const texts: Readonly<Record<string, readonly string[]>> = {
  ipNetwork: ["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"],
  socketAddress: ["[::]:25", "127.0.0.1:0"],
  string: ["a", "mail-1"],
  text: ["text"],
  emailAddress: ["admin@example.com"],
  uri: ["https://ca.example/directory"],
  secret: ["secret"],
  secretText: ["secret"],
};

function valuesOf(type: FieldType): fc.Arbitrary<unknown> {
  if (type.type === "set") return fc.uniqueArray(valuesOf(type.class), { minLength: type.minItems ?? 0 }).map(asSet);
  const isNullable = "nullable" in type && type.nullable === true;
  return isNullable ? fc.option(present(type)) : present(type);
}

function asSet(elements: readonly unknown[]): object {
  return Object.fromEntries(elements.map((element) => [String(element), true]));
}

function present(type: Exclude<FieldType, { type: "set" }>): fc.Arbitrary<unknown> {
  switch (type.type) {
    case "boolean":
      return fc.boolean();
    case "number":
      return fc.integer({ min: type.min ?? 0, max: type.max ?? 1_000 });
    case "string":
      return fc.constantFrom(...(texts[type.format] ?? []));
    case "enum":
      return fc.constantFrom(...(schema.enums[type.enumName] ?? []).map(({ name }) => name));
    case "utcDateTime":
      return fc.constant("2030-01-31T12:00:00Z");
    case "objectId":
      return fc.constant("main");
    case "map":
      return fc.constant({});
    case "object": {
      const choice = schema.schemas[type.objectName];
      if (choice?.type === "single") return fieldsIn(choice.schemaName, {});
      const variants = choice?.variants ?? [];
      return fc.oneof(...variants.map((one) => fieldsIn(one.schemaName, { "@type": fc.constant(one.name) })));
    }
  }
}

function fieldsIn(name: string | undefined, others: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.fields[name ?? ""]?.properties ?? {});
  return fc.record({
    ...others,
    ...Object.fromEntries(properties.map(([field, { type }]) => [field, valuesOf(type)])),
  });
}

/** Patterns are more than the words of the wire can tell. */
const patterned = new Set([
  "recipientDelimiter",
  "domains",
  "workers",
  "cluster",
  "banner",
  "socketMode",
  "socketOwner",
]);

test.each(Object.entries(sections))("what the schema describes as valid for %s parses", (name, zod) => {
  for (const [field, { type, update }] of Object.entries(schema.fields[name]?.properties ?? {})) {
    const validates = zod.shape[field] as z.ZodType | undefined;
    if (!validates || update !== "mutable" || patterned.has(field)) continue;
    const parses = (value: unknown): void => {
      expect(validates.safeParse(value).error).toBeUndefined();
    };
    fc.assert(fc.property(valuesOf(type), parses), { numRuns: 30 });
  }
});

test("the protocols of an embedder can be chosen as well", () => {
  const { enums } = managementSchema({ protocols: ["echo", "smtp"] });
  expect(enums["NetworkListenerProtocol"]?.map(({ name }) => name)).toEqual([
    ...["smtp", "lmtp", "http", "imap", "pop3", "manageSieve", "echo"],
  ]);
});

test("the name of the schema is the digest of its JSON", () => {
  const { json, hash } = publishedSchema();
  expect(hash).toBe(createHash("sha256").update(json).digest("base64url"));
  expect(JSON.parse(json)).toEqual(schema);
});

test("the listener's form and list are where Stalwart has them", () => {
  const form = schema.forms["x:NetworkListener"];
  expect(form?.sections.map(({ title }) => title)).toEqual([
    ...["Listener settings", "TLS options", "Proxy networks", "Socket options", "Admission", "Sessions"],
  ]);
  expect(form?.sections[0]?.fields.map(({ name }) => name)).toEqual(["name", "protocol", "bind", "maxConnections"]);
  expect(schema.lists["x:NetworkListener"]?.columns.map(({ name }) => name)).toEqual([
    ...["name", "protocol", "bind", "tlsImplicit"],
  ]);
});
