import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { traceHeader } from "../../src/mailbox/message/trace-header.ts";
import type { Envelope } from "../../src/protocols/backend.ts";
import { parseHelo } from "../../src/protocols/smtp/command.ts";
import { parsePath } from "../../src/protocols/smtp/path.ts";

const connection = {
  generation: 1,
  id: "c1",
  listener: "smtp",
  peer: { address: "2001:db8::1", port: 40000 },
  local: { address: "2001:db8::25", port: 25 },
  proxy: null,
  tls: null,
};

function headerOf(parts: Partial<Envelope>): string {
  const envelope: Envelope = {
    ...{ connection, protocol: "ESMTP", helo: "x", identity: null, sender: "", body: "7BIT", smtpUtf8: false },
    ...{ size: null, dsn: { ret: null, envid: null }, recipients: [] },
    ...parts,
  };
  return traceHeader(envelope, { hostname: "mx.example", id: "1", date: new Date(0) });
}

const recipients = (address: string) => [{ address, notify: [], orcpt: null }];

describe("what a client has said", () => {
  test.each([
    ["my pc", "my?pc"],
    ["[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"],
    ["x (comment); y", "x??comment???y"],
    ['a"b\\c<d>e@f', "a?b?c?d?e?f"],
    ["Jürgen", "J?rgen"],
  ])("as its name, %j, stands in Received as %s", (helo, expected) => {
    expect(headerOf({ helo })).toContain(`Received: from ${expected} ([IPv6:2001:db8::1])\r\n`);
  });

  test("is kept with its letters where the message may have them", () => {
    expect(headerOf({ helo: "Jürgen", smtpUtf8: true })).toContain("from Jürgen (");
  });

  test("as addresses stands in its brackets as it is", () => {
    const header = headerOf({ sender: '"a b>(c)"@d.example', recipients: recipients('"a..b"@docomo.example') });
    expect(header).toContain('Return-Path: <"a b>(c)"@d.example>\r\n');
    expect(header).toContain('for <"a..b"@docomo.example>;\r\n');
  });

  test("never makes another line, another field or another clause, whatever it is", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const likely = fc
      .array(fc.constantFrom(...'\r\n\t :;()<>@"\\a.\u0085\u2028\u00a0', "by x", "id 2"), { maxLength: 20 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(text, likely), fc.oneof(text, likely), fc.boolean(), (said, path, smtpUtf8) => {
        const helo = parseHelo(said) ?? "x";
        const sender = parsePath(`<${path}>`, "reverse")?.address ?? "";
        const lines = headerOf({ helo, sender, smtpUtf8, recipients: recipients(sender) }).split("\r\n");
        expect(lines).toHaveLength(6);
        expect(lines[0]).toBe(`Return-Path: <${sender}>`);
        expect(lines[1]).toMatch(/^Received: from [^\s()<>"\\;@]+ \(\[IPv6:2001:db8::1\]\)$/);
        expect(lines.slice(2).join("|")).toMatch(
          /^\tby mx\.example with (UTF8SMTP|ESMTP) id 1\|\tfor <.*>;\|\tThu, 01 Jan 1970/,
        );
        expect(lines.join("")).not.toMatch(/[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/);
      }),
      { numRuns: 2000 },
    );
  });
});
