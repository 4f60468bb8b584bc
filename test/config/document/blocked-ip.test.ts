import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { serializeDocument } from "../../../src/config/document/serialize.ts";
import { describeConfiguration } from "../../../src/config/document/summary.ts";
import { issuesOf } from "../documents.ts";

const until = "2030-01-31T12:00:00Z";

describe("BlockedIp", () => {
  test.each([
    [
      "an array",
      [{ address: "192.0.2.9/24", expiresAt: until, reason: "guesses" }, { address: "::ffff:198.51.100.7" }],
    ],
    ["a map", { a: { address: "192.0.2.9/24", expiresAt: until, reason: "guesses" }, b: { address: "198.51.100.7" } }],
  ])("may be %s; addresses come out in their canonical form", (_, BlockedIp) => {
    const configuration = parseDocument({ BlockedIp });
    expect(configuration.blocked).toEqual([
      { address: "192.0.2.0/24", expiresAt: until, reason: "guesses" },
      { address: "198.51.100.7", expiresAt: null, reason: null },
    ]);
    expect(parseDocument(serializeDocument(configuration)).blocked).toEqual(configuration.blocked);
    const text = describeConfiguration(configuration);
    expect(text).toContain(`blocked: 192.0.2.0/24 until ${until} (guesses)\n  blocked: 198.51.100.7\n`);
  });

  test("is empty unless given", () => {
    expect(parseDocument([]).blocked).toEqual([]);
  });

  test("tells all mistakes at once", () => {
    const issues = issuesOf({
      BlockedIp: [
        { address: "example.com" },
        { address: "10.0.0.0/8", expiresAt: "tomorrow" },
        { address: "10.1.1.1/8", why: "x" },
        { reason: 5, address: "10.0.0.1" },
        {},
      ],
    });
    expect(issues.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      expect.stringMatching(/^BlockedIp\[0\]\.address: must be an IP address or a network/),
      expect.stringMatching(/^BlockedIp\[1\]\.expiresAt: must be a date and time/),
      expect.stringMatching(/^BlockedIp\[2\]\.why: is not a known field/),
      expect.stringMatching(/^BlockedIp\[3\]\.reason: must be text/),
      expect.stringMatching(/^BlockedIp\[4\]\.address: must be|^BlockedIp\[4\]\.address: is required/),
      "BlockedIp[2].address: must be unique: BlockedIp[1] has it too",
    ]);
  });

  test("must be an array or a map", () => {
    expect(issuesOf({ BlockedIp: "10.0.0.1" }).map(({ path }) => path)).toEqual(["BlockedIp"]);
  });
});
