import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { serializeDocument } from "../../../src/config/document/serialize.ts";
import { issuesOf } from "../documents.ts";

const file = { "@type": "File", filePath: "x" } as const;
const certificate = { certificate: file, privateKey: file };
const ids = ["old", "2024", "b", "10", "007", "9"];

const text = `{
  "Certificate": {${ids.map((id) => `"${id}": ${JSON.stringify(certificate)}`).join(",")}},
  "BlockedIp": {${ids.map((id, index) => `"${id}": {"address": "192.0.2.${index}"}`).join(",")}},
  "NetworkListener": {${ids.map((id) => `"${id}": {"bind": ["127.0.0.1:0"]}`).join(",")}}
}`;

const values = {
  "a text": text,
  "a value with Maps": {
    Certificate: new Map(ids.map((id) => [id, certificate])),
    BlockedIp: new Map(ids.map((id, index) => [id, { address: `192.0.2.${index}` }])),
    NetworkListener: new Map(ids.map((id) => [id, { bind: ["127.0.0.1:0"] }])),
  },
  "a value with arrays": {
    Certificate: ids.map((id) => ({ id, ...certificate })),
    BlockedIp: ids.map((_, index) => ({ address: `192.0.2.${index}` })),
    NetworkListener: ids.map((id) => ({ name: id, bind: ["127.0.0.1:0"] })),
  },
};

test.each(Object.entries(values))("the order of %s is the order in force, whatever the ids look like", (_, value) => {
  const configuration = parseDocument(value);
  for (const each of [configuration, parseDocument(serializeDocument(configuration))]) {
    expect(each.certificates.map(({ id }) => id)).toEqual(ids);
    expect(each.blocked.map(({ address }) => address)).toEqual(ids.map((_id, index) => `192.0.2.${index}`));
    expect(each.listeners.map(({ name }) => name)).toEqual(ids);
  }
});

test("certificates in an array have an id, and each another", () => {
  const Certificate = [{ id: "a", ...certificate }, certificate, { id: "a", ...certificate }];
  expect(issuesOf({ Certificate }).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    expect.stringMatching(/^Certificate\[1\]\.id: is required/),
    "Certificate[2].id: must be unique: Certificate[0] has this id too",
  ]);
  expect(issuesOf({ SystemSettings: { defaultCertificateId: "a" }, Certificate: [Certificate[0]] })).toEqual([]);
});

test("a Map with other keys than texts is a mistake", () => {
  expect(issuesOf({ Certificate: new Map([[2024, certificate]]) })).toEqual([
    { path: "Certificate", message: "must have texts for keys" },
  ]);
});
