import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { issuesOf } from "../documents.ts";

test.each([
  ["", 1, 1],
  ['{\n  "SystemSettings": {]\n}', 2, 22],
  ['{"SystemSettings": {}} x', 1, 24],
  ["[1, 2", 1, 6],
  ["{a: 1}", 1, 2],
  ['{"a": "b', 1, 7],
])("text that is not JSON is refused at the place of its first mistake: %j", (text, line, column) => {
  expect(issuesOf(text)).toMatchObject([{ path: "", line, column }]);
});

test("a key that is there twice is refused where it is there again", () => {
  expect(issuesOf('{"SystemSettings": {},\n "SystemSettings": {}}')).toEqual([
    { path: "SystemSettings", message: "is given twice; keep one of them", line: 2, column: 2 },
  ]);
});

test("a __proto__ key is refused and changes nothing, in text and in values", () => {
  const text = '{"__proto__": {"NetworkListener": 5}, "SystemSettings": {"__proto__": {"maxConnections": 1}}}';
  const paths = ["__proto__", "SystemSettings.__proto__"];
  for (const source of [text, JSON.parse(text)]) {
    expect(issuesOf(source).map(({ path, message }) => [path, message])).toEqual(
      paths.map((path) => [path, "is not allowed as a key"]),
    );
  }
  expect(Object.hasOwn(Object.prototype, "maxConnections")).toBe(false);
});

test("names that every object inherits are ordinary names", () => {
  const document = { NetworkListener: { constructor: { bind: ["[::]:25"] }, toString: { bind: ["[::]:26"] } } };
  expect(parseDocument(document).listeners.map(({ name }) => name)).toEqual(["constructor", "toString"]);
  expect(issuesOf({ SystemSettings: { constructor: 1 } })).toHaveLength(1);
  expect(issuesOf({ SystemSettings: { defaultCertificateId: "toString" } })).toHaveLength(1);
  expect(issuesOf([{ name: "a", bind: ["[::]:25"], tlsDisableCipherSuites: ["constructor"] }])).toHaveLength(1);
});

test("any depth of brackets is refused, not a stack that overflows", () => {
  for (const text of ["[".repeat(200_000), '{"a":'.repeat(200_000)]) {
    expect(issuesOf(text)).toEqual([
      expect.objectContaining({ message: "is nested more than 32 levels deep", line: 1 }),
    ]);
  }
});

test("a text that ends anywhere, in a comment that nobody closes too, is read to its end and no further", () => {
  const whole = '{"SystemSettings": {}, /* why */ "NetworkListener": [] // all\n}';
  for (let end = 0; end < whole.length; end += 1) {
    for (const rest of ["", "/", "/*", "/* *", "//", '"', '"\\', "-", "tru"]) {
      expect(issuesOf(whole.slice(0, end) + rest)).toHaveLength(1);
    }
  }
  expect(issuesOf("Yhm%N!9+/*")).toMatchObject([{ path: "", line: 1 }]);
});

test("a byte order mark is skipped", () => {
  expect(issuesOf("\uFEFF{}")).toEqual([]);
});

test("a value that contains itself, or that cannot be read, is refused", () => {
  const cyclic: { SystemSettings?: unknown } = {};
  cyclic.SystemSettings = cyclic;
  const throwing = {
    get SystemSettings(): never {
      throw new Error("not today");
    },
  };
  expect(issuesOf(cyclic)).toContainEqual({ path: "SystemSettings", message: "contains itself" });
  expect(issuesOf(throwing)).toEqual([{ path: "", message: "cannot be read" }]);
});

test("an object shared by two places is read in both", () => {
  const shared = { bind: ["127.0.0.1:0"] };
  expect(parseDocument({ NetworkListener: { a: shared, b: shared } }).listeners).toHaveLength(2);
});
