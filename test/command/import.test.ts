/** `gatehouse import` of what Stalwart's client and API print, with and without a running server. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ImportOptions, importFile } from "../../src/command/import/import.ts";
import { readConfiguration } from "../../src/config/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { runWithFile } from "../managed-file.ts";
import { captured } from "./captured.ts";

const snapshot = [
  { "@type": "destroy", object: "NetworkListener" },
  { "@type": "upsert", object: "Domain", matchOn: ["name"], value: { "domain-b": { name: "example.com" } } },
  {
    "@type": "upsert",
    object: "Certificate",
    value: {
      "certificate-c1": {
        certificate: { "@type": "File", filePath: "/etc/ssl/mail.pem" },
        privateKey: { "@type": "File", filePath: "/etc/ssl/mail.key" },
        subjectAlternativeNames: { "mail.example.com": true },
      },
      "certificate-c2": { certificate: { "@type": "Text", value: "PEM" }, privateKey: { "@type": "Text" } },
    },
  },
  {
    "@type": "upsert",
    object: "Account",
    matchOn: ["name"],
    value: {
      "account-a": {
        "@type": "User",
        name: "ann",
        domainId: "#domain-b",
        credentials: { "0": { "@type": "Password", secret: "correct horse" } },
        roles: { "@type": "Admin" },
        aliases: {},
      },
    },
  },
  {
    "@type": "create",
    object: "NetworkListener",
    value: {
      "networklistener-a": {
        name: "smtp",
        protocol: "smtp",
        bind: { "127.0.0.1:0": true },
        useTls: true,
        socketTtl: 500,
        maxConnections: null,
        createdAt: "2026-01-01T00:00:00Z",
        tlsDisableProtocols: { tls12: true, tls13: true },
        color: "red",
      },
      "networklistener-b": { name: "imap", protocol: "imap", bind: { "0": "127.0.0.2:0" }, useTls: false },
      "networklistener-c": { name: "nowhere", protocol: "smtp" },
    },
  },
  {
    "@type": "update",
    object: "SystemSettings",
    value: {
      defaultHostname: "mail.example.com",
      defaultCertificateId: "#certificate-c1",
      defaultDomainId: "#domain-b",
      threadPoolSize: 8,
      maxConnections: 500,
    },
  },
]
  .map((line) => JSON.stringify(line))
  .join("\n");

function importing(text: string, options: Partial<ImportOptions> = {}) {
  const file = join(temporaryDirectory(), "stalwart.ndjson");
  writeFileSync(file, text);
  return captured(() => importFile(file, { data: temporaryDirectory(), ...options }));
}

describe("a snapshot", () => {
  test("becomes a document, and says field by field what was taken, what is not needed and what cannot be", async () => {
    const config = join(temporaryDirectory(), "gatehouse.json");
    const dry = await importing(snapshot, { config, dryRun: true });
    expect(dry).toMatchObject({ code: 0, errors: "" });
    expect(existsSync(config)).toBe(false);

    const { code, out } = await importing(snapshot, { config });
    expect(code).toBe(0);
    expect(out.replace("Imported into", "Nothing was changed. This would go into").split("\n\n").slice(0, -1)).toEqual(
      dry.out.split("\n\n").slice(0, -1),
    );
    expect(out.split("\n\n").slice(0, -1)).toEqual([
      `Imported into ${config}:`,
      "Certificate certificate-c1 (line 3): created\n  taken       certificate, privateKey\n  not needed  subjectAlternativeNames",
      expect.stringMatching(
        /^Certificate certificate-c2 \(line 3\): left out\n {2}left out {2}privateKey: the file does not hold the secret/,
      ),
      "Account ann@example.com (line 4): created\n  taken     address, secret, roles\n  left out  aliases: an account has an address, a secret and roles here",
      expect.stringMatching(
        /^NetworkListener smtp \(line 5\): created\n {2}taken {7}name, protocol, bind, useTls, maxConnections\n {2}not needed {2}createdAt\n {2}left out {4}color: is not a known field.*socketTtl: must be a whole.*tlsDisableProtocols: must leave/s,
      ),
      "NetworkListener imap (line 5): created\n  taken  name, protocol, bind, useTls",
      expect.stringMatching(/^NetworkListener nowhere \(line 5\): left out\n {2}left out {2}bind: is required/),
      "SystemSettings (line 6): updated\n  taken       defaultHostname, defaultCertificateId, maxConnections\n  not needed  defaultDomainId, threadPoolSize",
      "Left out, as Gatehouse has no such objects: 1 Domain.",
      "Line 1 deletes NetworkListener objects: an import deletes nothing.",
    ]);
    expect(
      Math.max(
        ...out
          .split("\n\n")
          .slice(1, -1)
          .join("\n")
          .split("\n")
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
    const configuration = await readConfiguration(config);
    expect(configuration).toMatchObject({
      system: { defaultHostname: "mail.example.com", maxConnections: 500 },
      certificates: [{ certificate: { filePath: "/etc/ssl/mail.pem" } }],
      accounts: [{ address: "ann@example.com", roles: ["admin"] }],
      listeners: [{ name: "smtp" }, { name: "imap" }],
    });
    expect(configuration.system.defaultCertificateId).toBe(configuration.certificates[0]?.id);
    expect(statSync(config).mode & 0o077).toBe(0);
  });

  test("merges into a document whose comments and order stay", async () => {
    const config = join(temporaryDirectory(), "gatehouse.json");
    const text = `{
  // Whom we serve
  "SystemSettings": { "maxConnections": 7 }, // few
  "NetworkListener": [
    { "name": "pop3", "protocol": "pop3", "bind": ["127.0.0.1:0"] }, // old clients
    { "name": "imap", "protocol": "imap", "bind": ["127.0.0.2:0"] } // the others
  ]
}
`;
    writeFileSync(config, text);
    const part = snapshot.split("\n").slice(4).join("\n").replace('"#certificate-c1"', "null");
    const { out } = await importing(part, { config });
    expect(out).toContain("NetworkListener imap (line 1): updated");
    const after = readFileSync(config, "utf8");
    expect(after.split("\n").slice(0, 6)).toEqual([
      "{",
      "  // Whom we serve",
      '  "SystemSettings": { "maxConnections": 500, "defaultHostname": "mail.example.com" }, // few',
      '  "NetworkListener": [',
      '    { "name": "pop3", "protocol": "pop3", "bind": ["127.0.0.1:0"] }, // old clients',
      '    { "name": "imap", "protocol": "imap", "bind": ["127.0.0.2:0"], "useTls": false }, // the others',
    ]);
    expect(after).toContain('"name": "smtp"');
    await importing(part, { config });
    expect(readFileSync(config, "utf8")).toBe(after);
  });
});

test("the document that a server runs is in force when the import ends", async () => {
  const house = await runWithFile('{\n  "NetworkListener": [] // none yet\n}\n');
  const listener = { id: "b", name: "smtp", protocol: "smtp", bind: { "127.0.0.1:0": true }, useTls: false };
  const answer = { methodResponses: [["x:NetworkListener/get", { state: "", list: [listener], notFound: [] }, "0"]] };
  const options = { data: house.data, config: house.file };
  const { code, out } = await importing(JSON.stringify(answer), options);
  expect(out).toContain(`Imported into ${house.file}:`);
  expect(out).toContain("smtp: added (+127.0.0.1:0)");
  expect(code).toBe(0);
  expect(house.port("smtp")).toBeGreaterThan(0);
  expect(house.text()).toContain("// none yet");

  const taken = await runWithFile("{}");
  const bind = { [`127.0.0.1:${house.port("smtp")}`]: true };
  const clash = await importing(JSON.stringify([{ ...listener, bind, socketReusePort: false }]), { data: taken.data });
  expect(clash.code).toBe(1);
  expect(clash.out).toMatch(
    /NetworkListener smtp: left out\n {2}not needed {2}id\n {2}left out {4}bind: .*address\s+already in use/s,
  );
});

test.each([
  {
    what: "a list",
    value: [{ bind: { "127.0.0.1:0": true }, name: "smtp" }],
    more: {},
    words: "NetworkListener smtp: created",
  },
  {
    what: "an answer of /get",
    value: { list: [{ address: "192.0.2.7" }] },
    more: { object: "blockedip" },
    words: "BlockedIp 192.0.2.7: created",
  },
  {
    what: "a document",
    value: { AllowedIp: [{ address: "192.0.2.7" }] },
    more: {},
    words: "AllowedIp 192.0.2.7: created",
  },
])("$what is imported, too", async ({ value, more, words }) => {
  const config = join(temporaryDirectory(), "gatehouse.json");
  const { code, out } = await importing(JSON.stringify(value), { config, ...more });
  expect(out).toContain(words);
  expect(code).toBe(0);
});

test("a document that cannot be made is reported with its path", async () => {
  const config = join(temporaryDirectory(), "nowhere", "gatehouse.json");
  const printed = await importing(snapshot, { config });
  expect(printed).toMatchObject({
    code: 1,
    out: "",
    errors: expect.stringMatching(/nowhere.gatehouse\.json .*ENOENT/),
  });
});

test.each([
  ["is not JSON", "nonsense", "cannot be imported: line 1 is not JSON."],
  ["holds nothing", "[]", "cannot be imported: it holds no objects."],
  ["does not say what it holds", '{"address":"192.0.2.1"}', "say it by --object"],
])("a file that %s is refused", async (_, text, words) => {
  const config = join(temporaryDirectory(), "gatehouse.json");
  const printed = await importing(text, { config });
  expect(printed).toMatchObject({ code: 1, out: "", errors: expect.stringContaining(words) });
  expect(existsSync(config)).toBe(false);
});
