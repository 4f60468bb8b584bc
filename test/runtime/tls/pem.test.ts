import fc from "fast-check";
import { expect, test } from "vitest";
import { checkCertificate } from "../../../src/runtime/tls/certificates.ts";
import { pemBlocks } from "../../../src/runtime/tls/pem.ts";
import { issue } from "./certificate-fixtures.ts";

function pem(label: string, octets: Uint8Array): string {
  const lines =
    Buffer.from(octets)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `${[`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join("\n")}\n`;
}

/** What variables, forms, YAML and editors make of line ends. */
const lineEnds = ["\n", "\r\n", "\r", "\\n", "\\r\\n", "\\\\n", " ", "\n\n", "\u2028"];
const mangling = fc.record({
  lineEnd: fc.constantFrom(...lineEnds),
  indent: fc.constantFrom("", "  ", "\t", "\u00a0"),
  before: fc.constantFrom("", "\uFEFF", '"', "subject=CN = mail\n", "KEY="),
  after: fc.constantFrom("", '"', "\n\n", "  "),
});
type Mangling = typeof mangling extends fc.Arbitrary<infer Value> ? Value : never;

function mangle(text: string, { lineEnd, indent, before, after }: Mangling): string {
  const lines = text.trimEnd().split("\n");
  return `${before}${lines.map((line) => indent + line).join(lineEnd)}${after}`;
}

test("however line ends and surroundings were mangled, the blocks are the same", () => {
  const block = fc.record({
    label: fc.constantFrom("CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY", "X509 CRL"),
    octets: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  });
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 3 }), mangling, (blocks, how) => {
      const texts = blocks.map(({ label, octets }) => pem(label, octets));
      const read = pemBlocks(texts.map((text) => mangle(text, how)).join(how.lineEnd));
      expect(read).toEqual(
        blocks.map(({ label }, index) => ({ label, text: texts[index], encrypted: false, flaw: null })),
      );
    }),
  );
});

test("a certificate and its key are served from one line of a variable", async () => {
  const pair = await issue({ names: ["mail.example.com"] });
  const oneLine = (text: string) => text.replaceAll("\n", "\\n");
  const { certificate, privateKey } = checkCertificate({
    id: "main",
    certificate: oneLine(pair.certificate),
    privateKey: oneLine(pair.privateKey),
    now: new Date(),
  });
  expect({ certificate, privateKey }).toEqual(pair);
});

test.each(["\n", "\r\n", "\\n"])("a traditional key is known to be encrypted with line ends %j", (lineEnd) => {
  const lines = ["-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,00", "", "AAAA"];
  const [block] = pemBlocks([...lines, "-----END RSA PRIVATE KEY-----"].join(lineEnd));
  expect(block).toMatchObject({ encrypted: true, flaw: null });
});

test("a block that was cut off swallows no other", () => {
  const [first, second] = [pem("CERTIFICATE", new Uint8Array(40)), pem("CERTIFICATE", new Uint8Array(50))];
  const read = pemBlocks(first.replace("-----END CERTIFICATE-----\n", "") + second);
  expect(read).toEqual([
    expect.objectContaining({ flaw: expect.stringContaining("it was cut off") }),
    expect.objectContaining({ text: second, flaw: null }),
  ]);
});

test("any text is read in a time that grows with it alone", () => {
  const before = performance.now();
  expect(pemBlocks("-----BEGIN CERTIFICATE-----".repeat(20_000))).toHaveLength(20_000);
  pemBlocks("-".repeat(500_000));
  pemBlocks(`-----BEGIN A-----${"-".repeat(4).concat("a").repeat(100_000)}`);
  expect(performance.now() - before).toBeLessThan(5_000);
});
