import { expect, test } from "vitest";
import { ConfigurationError, describeIssue } from "../../../src/config/document/configuration-error.ts";
import { parseDocument } from "../../../src/config/document/document.ts";
import { nearest } from "../../../src/config/values/nearest.ts";
import { issuesOf } from "../documents.ts";

test("all mistakes of a document are told at once, those across fields too, in the order of the document", () => {
  const document = `{
  "SystemSettings": { "maxConnections": "many" },
  "NetworkListener": [
    { "name": "a", "bind": ["[::]:25", "localhost:25"] },
    { "name": "a", "bind": ["[::]:25"], "tlsTimeout": true, "useTls": false, "tlsImplicit": true },
    { "protocol": "smpt", "tlsDisableProtocols": ["tls12", "tls13"] }
  ]
}`;
  expect(issuesOf(document).map(({ path, line }) => [path, line])).toEqual([
    ["SystemSettings.maxConnections", 2],
    ["NetworkListener[0].bind[1]", 4],
    ["NetworkListener[1].name", 5],
    ["NetworkListener[1].bind[0]", 5],
    ["NetworkListener[1].tlsTimeout", 5],
    ["NetworkListener[1].tlsImplicit", 5],
    ["NetworkListener[2].name", 6],
    ["NetworkListener[2].bind", 6],
    ["NetworkListener[2].protocol", 6],
    ["NetworkListener[2].tlsDisableProtocols", 6],
  ]);
});

test("an issue says where, what is allowed and what was found", () => {
  const [issue] = issuesOf('[\n  {"name": "a", "bind": ["[::]:25"], "socketTtl": 0}\n]');
  expect(issue).toEqual({
    path: "[0].socketTtl",
    message: "must be a whole number from 1 to 255, or null",
    found: "0",
    line: 2,
    column: 51,
  });
  expect(issue && describeIssue(issue)).toBe(
    "[0].socketTtl (line 2, column 51): must be a whole number from 1 to 255, or null; found 0",
  );
});

test("the error's own text holds every issue and the name of the file", () => {
  expect(() => parseDocument({ a: 1, b: 2 }, { file: "mail.json" })).toThrow(
    /^mail\.json has 2 errors:\n {2}a: .*\n {2}b: /,
  );
});

test("an unknown field is told the nearest known one, at every level", () => {
  const issues = issuesOf({
    NetworkListner: [],
    NetworkListener: [
      { name: "a", bind: ["[::]:25"], protcol: "smtp", connectionRate: { count: 1, interval: 1, cuont: 2 } },
    ],
  });
  expect(issues).toEqual([
    { path: "NetworkListner", message: 'is not a known field; did you mean "NetworkListener"?' },
    { path: "NetworkListener[0].connectionRate.cuont", message: 'is not a known field; did you mean "count"?' },
    { path: "NetworkListener[0].protcol", message: 'is not a known field; did you mean "protocol"?' },
  ]);
});

test("a field like no other is told all that are known", () => {
  expect(issuesOf({ SystemSettings: { zzz: 1 } })).toEqual([
    { path: "SystemSettings.zzz", message: expect.stringContaining("known are defaultHostname, ") },
  ]);
});

test.each([
  ["tlsImplict", "tlsImplicit"],
  ["TLSIMPLICIT", "tlsImplicit"],
  ["tlsIpmlicit", "tlsImplicit"],
  ["bnid", "bind"],
  ["wholly-different", null],
  ["x".repeat(100_000), null],
])("the name nearest to %s is %s", (word, expected) => {
  expect(nearest(word.slice(0, 100_000), ["bind", "tlsImplicit", "name"])).toBe(expected);
});

test("secrets are in no error, whatever is wrong with them", () => {
  const leak = "hunter2-hunter2";
  const documents = [
    { Account: leak },
    { Account: { "a@b.example": leak } },
    { Account: { "a@b.example": { secret: leak, roles: [] } } },
    { Account: { "a@b.example": { secret: { "@type": "Text", secret: `$2b$10$${leak}` } } } },
    { Account: { "a@b.example": { secret: { "@type": "Text", value: leak, secret: leak } } } },
    { Account: { "a@b.example": { secret: { "@type": "Text", secert: leak } } } },
    { Account: { "a@b.example": { secret: [leak], password: leak } } },
    { Certificate: { a: { certificate: leak, privateKey: leak, key: leak } } },
    {
      Certificate: {
        a: { certificate: { "@type": "Text", value: [leak] }, privateKey: { "@type": "File", value: leak } },
      },
    },
    { Accounts: { "a@b.example": leak } },
  ];
  for (const document of documents) {
    for (const source of [document, JSON.stringify(document)]) {
      expect(issuesOf(source)).not.toEqual([]);
      expect(JSON.stringify(issuesOf(source))).not.toContain(leak);
    }
  }
});

test("the error has a code and the issues", () => {
  const error = new ConfigurationError([{ path: "a", message: "must be b" }]);
  expect(error).toMatchObject({ name: "ConfigurationError", code: "invalid-configuration", issues: [{ path: "a" }] });
  expect(error.message).toBe("The configuration has 1 error:\n  a: must be b");
});
