import { expect, test } from "vitest";
import { documentWarnings, parseDocument } from "../../../src/config/index.ts";
import { checkGatehouse } from "../../../src/gatehouse.ts";

const bind = ["127.0.0.1:0"];

test("a listener without a protocol that has the name of another one is warned about", async () => {
  const expected = [
    'The listener "pop3" has no "protocol", and speaks SMTP, the default. Write "protocol": "pop3", or, if this is meant, "protocol": "smtp".',
  ];
  expect(await checkGatehouse({ config: [{ name: "pop3", bind }] })).toEqual(expected);
  expect(documentWarnings(parseDocument({ NetworkListener: { pop3: { bind } } })).map(({ text }) => text)).toEqual(
    expected,
  );
});

test.each([
  ["imaps", "imap"],
  ["https", "http"],
  ["lmtp", "lmtp"],
  ["Sieve", "manageSieve"],
  ["manageSieve", "manageSieve"],
])("what to write for %s is %s", (name, protocol) => {
  const [warning] = documentWarnings(parseDocument([{ name, bind }]));
  expect(warning).toMatchObject({ code: "protocol-assumed" });
  expect(warning?.text).toContain(`Write "protocol": "${protocol}"`);
});

test("nothing is said of a protocol that is given, nor of names that are none", () => {
  const listeners = [
    { name: "pop3", protocol: "smtp", bind },
    { name: "imap", protocol: "imap", bind: ["127.0.0.1:1"] },
    { name: "submission", bind: ["127.0.0.1:2"] },
  ];
  expect(documentWarnings(parseDocument(listeners))).toEqual([]);
});
