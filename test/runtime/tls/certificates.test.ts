import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { describe, expect, test } from "vitest";
import { checkCertificate, loadCertificate } from "../../../src/runtime/tls/certificates.ts";
import { issue, type KeyPair } from "./certificate-fixtures.ts";

const DAY = 86_400_000;
const now = new Date();
const pair = await issue({ names: ["mail.example.com", "*.Example.com", "192.0.2.1", "::1"] });

const check = (given: Partial<KeyPair>, at = now) => checkCertificate({ id: "main", ...pair, ...given, now: at });

test("a certificate is read from a text, a variable and a file alike", async () => {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-certificate-"));
  const certificateFile = join(directory, "tls.crt");
  const keyFile = join(directory, "tls.key");
  await Promise.all([writeFile(certificateFile, pair.certificate), writeFile(keyFile, pair.privateKey)]);

  const fromText = await loadCertificate({
    id: "main",
    certificate: { "@type": "Text", value: pair.certificate },
    privateKey: { "@type": "Text", secret: pair.privateKey },
  });
  const fromEnvironment = await loadCertificate(
    {
      id: "main",
      certificate: { "@type": "EnvironmentVariable", variableName: "TLS_CERTIFICATE" },
      privateKey: { "@type": "EnvironmentVariable", variableName: "TLS_KEY" },
    },
    { env: { TLS_CERTIFICATE: pair.certificate, TLS_KEY: pair.privateKey } },
  );
  const fromFile = await loadCertificate({
    id: "main",
    certificate: { "@type": "File", filePath: certificateFile },
    privateKey: { "@type": "File", filePath: keyFile },
  });
  await rm(directory, { recursive: true });

  expect(fromEnvironment).toEqual(fromText);
  expect(fromFile).toEqual(fromText);
  expect(fromText).toMatchObject({
    id: "main",
    keyType: "ecdsa",
    issuer: "CN=mail.example.com",
    subjectAlternativeNames: ["mail.example.com", "*.example.com", "192.0.2.1", "::1"],
    warnings: [],
  });
  expect(fromText.notValidAfter.getTime() - fromText.notValidBefore.getTime()).toBeGreaterThan(364 * DAY);
});

test("what cannot be read is said with the certificate's id, which of the two it is and the errno", async () => {
  const settings = {
    id: "main",
    certificate: { "@type": "Text", value: pair.certificate },
    privateKey: { "@type": "File", filePath: "/nonexistent/tls.key" },
  } as const;
  await expect(loadCertificate(settings)).rejects.toMatchObject({
    name: "CertificateError",
    code: "certificate-unreadable",
    certificateId: "main",
    message: expect.stringMatching(/^Certificate "main": its private key: file \/nonexistent\/tls.key .*ENOENT/),
  });
});

describe("refused, with what to do:", () => {
  const other = createPrivateKey(pair.privateKey);
  const encrypted = (type: "pkcs8" | "sec1") =>
    other.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }).toString();
  const damaged = (pem: string) => pem.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA");

  test.each<[string, () => Promise<Partial<KeyPair>>, string, RegExp]>([
    [
      "a key of another certificate",
      async () => ({ privateKey: (await issue({ names: ["x"] })).privateKey }),
      "private-key-mismatch",
      /does not belong .*CN=mail\.example\.com/,
    ],
    [
      "a key of another kind",
      async () => ({ privateKey: (await issue({ names: ["x"], keyType: "rsa" })).privateKey }),
      "private-key-mismatch",
      /does not belong/,
    ],
    [
      "an encrypted key (PKCS #8)",
      async () => ({ privateKey: encrypted("pkcs8") }),
      "private-key-malformed",
      /is encrypted.*openssl pkey/,
    ],
    [
      "an encrypted key (traditional)",
      async () => ({ privateKey: encrypted("sec1") }),
      "private-key-malformed",
      /is encrypted.*openssl pkey/,
    ],
    [
      "certificate and key swapped",
      async () => ({ certificate: pair.privateKey, privateKey: pair.certificate }),
      "certificate-malformed",
      /swap `certificate` and `privateKey`/,
    ],
    [
      "the certificate twice",
      async () => ({ privateKey: pair.certificate }),
      "private-key-malformed",
      /swap `certificate` and `privateKey`/,
    ],
    [
      "no PEM for a certificate",
      async () => ({ certificate: "no certificate" }),
      "certificate-malformed",
      /not in PEM.*openssl x509/,
    ],
    ["no PEM for a key", async () => ({ privateKey: "no key" }), "private-key-malformed", /not in PEM.*openssl pkey/],
    [
      "a damaged certificate",
      async () => ({ certificate: damaged(pair.certificate) }),
      "certificate-malformed",
      /the certificate is damaged/,
    ],
    [
      "a damaged intermediate",
      async () => ({ certificate: pair.certificate + damaged(pair.certificate) }),
      "certificate-malformed",
      /certificate 2 is damaged/,
    ],
    [
      "a damaged key",
      async () => ({ privateKey: damaged(pair.privateKey) }),
      "private-key-malformed",
      /the private key is damaged/,
    ],
    [
      "a key of a kind without use in TLS",
      async () => ({
        privateKey: generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      }),
      "private-key-malformed",
      /of the kind x25519/,
    ],
    [
      "an RSA key that is too short",
      () => issue({ names: ["x"], keyType: "rsa", keySize: 1024 }),
      "private-key-malformed",
      /has 1024 bits, too few for RSA/,
    ],
    [
      "a certificate that was cut off",
      async () => ({ certificate: pair.certificate.slice(0, -40) }),
      "certificate-malformed",
      /the certificate has a line BEGIN CERTIFICATE and no line END CERTIFICATE: it was cut off/,
    ],
    [
      "a key with other characters than base64",
      async () => ({ privateKey: pair.privateKey.replace(/\nMI/, "\nM…I") }),
      "private-key-malformed",
      /not base64 \(U\+2026\)/,
    ],
    [
      "PEM in base64",
      async () => ({ certificate: Buffer.from(pair.certificate).toString("base64") }),
      "certificate-malformed",
      /PEM in base64 once more; decode it/,
    ],
    [
      "a key without its lines of dashes",
      async () => ({ privateKey: pair.privateKey.replaceAll(/-----.*-----/g, "") }),
      "private-key-malformed",
      /BEGIN and END lines are missing/,
    ],
    [
      "DER, read as text",
      async () => ({ certificate: new X509Certificate(pair.certificate).raw.toString("utf8") }),
      "certificate-malformed",
      /it is DER/,
    ],
    [
      "the name of a file as a text",
      async () => ({ certificate: "/etc/ssl/tls.pem" }),
      "certificate-malformed",
      /looks like the name of a file/,
    ],
    [
      "a public key",
      async () => ({ privateKey: createPublicKey(pair.privateKey).export({ type: "spki", format: "pem" }).toString() }),
      "private-key-malformed",
      /a public key stands where the private key should/,
    ],
    [
      "a request in place of the certificate",
      async () => ({ certificate: pair.certificate.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST") }),
      "certificate-malformed",
      /a certificate request stands where/,
    ],
    [
      "a key in OpenSSH's form",
      async () => ({ privateKey: pair.privateKey.replaceAll("PRIVATE KEY", "OPENSSH PRIVATE KEY") }),
      "private-key-malformed",
      /OpenSSH's own form.*ssh-keygen/,
    ],
  ])("%s", async (...[, given, code, message]) => {
    const wrong = await given();
    let caught: unknown;
    try {
      check(wrong);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code, message: expect.stringMatching(message) });
    const secret = (wrong.privateKey ?? pair.privateKey).split("\n")[1] ?? "tls.key\n";
    expect(String(caught)).not.toContain(secret);
  });
});

describe("warned about:", () => {
  const until = check({}).notValidAfter.getTime();
  test.each<[string, Date, string[]]>([
    ["nothing, 15 days before the end", new Date(until - 15 * DAY), []],
    ["13 days left", new Date(until - 13 * DAY), ['Certificate "main" expires on']],
    ["expired", new Date(until + 1000), ['Certificate "main" expired on']],
    ["not yet valid", new Date(now.getTime() - DAY), ['Certificate "main" is not valid before']],
  ])("%s", (_name, at, expected) => {
    const { warnings } = check({}, at);
    expect(warnings).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(warnings[index]).toContain(text);
  });

  test("no subject alternative name", async () => {
    const { warnings } = check(await issue({ names: [], commonName: "mail.example.com" }));
    expect(warnings).toEqual([expect.stringContaining("has no subject alternative name")]);
  });
});

describe("a chain", async () => {
  const root = await issue({ names: [], commonName: "Root", authority: true });
  const intermediate = await issue({ names: [], commonName: "Intermediate", authority: true, issuer: root });
  const leaf = await issue({ names: ["mail.example.com"], issuer: intermediate });
  const inOrder = leaf.certificate + intermediate.certificate + root.certificate;

  test("in order is served as it stands", () => {
    const { certificate, warnings, issuer } = check({ certificate: inOrder, privateKey: leaf.privateKey });
    expect({ certificate, warnings, issuer }).toEqual({
      certificate: inOrder,
      warnings: [],
      issuer: "CN=Intermediate",
    });
  });

  test("in another order is put in order, with a warning", () => {
    const shuffled = root.certificate + leaf.certificate + intermediate.certificate;
    const { certificate, warnings } = check({ certificate: shuffled, privateKey: leaf.privateKey });
    expect(certificate).toBe(inOrder);
    expect(warnings).toEqual([expect.stringContaining("chain in the wrong order")]);
  });

  test("with an issuer that has expired, or soon will, is warned about", async () => {
    const at = (days: number) => new Date(now.getTime() + days * DAY);
    const old = await issue({ names: [], commonName: "Old", authority: true, issuer: root, notAfter: at(10) });
    const server = await issue({ names: ["mail.example.com"], issuer: old });
    const given = { certificate: server.certificate + old.certificate, privateKey: server.privateKey };
    expect(check(given).warnings).toEqual([
      expect.stringMatching(/has an issuer in its chain, CN=Old, that expires on/),
    ]);
    const { warnings, chain } = check(given, at(11));
    expect(warnings).toEqual([
      expect.stringMatching(/has an issuer in its chain, CN=Old, that expired on .*; give the/),
    ]);
    expect(chain.map(({ subject, role }) => [subject, role])).toEqual([
      ["CN=mail.example.com", "server"],
      ["CN=Old", "issuer"],
    ]);
  });

  test("with a foreign issuer is warned about, also when only its key is another", async () => {
    const namesake = await issue({ names: [], commonName: "Intermediate", authority: true, issuer: root });
    const stranger = await issue({ names: [], commonName: "Stranger", authority: true });
    for (const [foreign, subject] of [
      [namesake, "CN=Intermediate"],
      [stranger, "CN=Stranger"],
    ] as const) {
      const { warnings, chain } = check({
        certificate: leaf.certificate + foreign.certificate,
        privateKey: leaf.privateKey,
      });
      expect(warnings).toEqual([
        expect.stringContaining(
          `has a certificate in its chain, ${subject}, that issued none of the others (CN=Intermediate is not there)`,
        ),
      ]);
      expect(chain).toHaveLength(1);
    }
  });

  test("with the keys of others before its own finds its own", () => {
    const privateKey = root.privateKey + intermediate.privateKey + leaf.privateKey;
    expect(check({ certificate: leaf.certificate, privateKey }).privateKey).toBe(leaf.privateKey);
  });

  test("in one text with its key serves for both", () => {
    const together = leaf.privateKey + inOrder;
    const { certificate, privateKey } = check({ certificate: together, privateKey: together });
    expect(certificate).toBe(inOrder);
    expect(() => createSecureContext({ cert: certificate, key: privateKey })).not.toThrow();
  });
});
