/** Keys as OpenSSL makes them: which are served, and that what is refused could not have been. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagesOf } from "../../../src/command/output.ts";
import { type ConfigurationInput, checkGatehouse } from "../../../src/index.ts";
import { checkCertificate, type LoadedCertificate } from "../../../src/runtime/tls/certificates.ts";
import { type TlsSettings, tlsContexts } from "../../../src/runtime/tls/context.ts";
import { isMissing, opensslClient, run } from "./programs.ts";
import { listenWithTls } from "./tls-listener.ts";

const kinds = {
  "RSA 2048": ["RSA", "rsa_keygen_bits:2048"],
  "RSA-PSS 2048": ["RSA-PSS", "rsa_keygen_bits:2048"],
  "RSA 1024": ["RSA", "rsa_keygen_bits:1024"],
  "P-256": ["EC", "ec_paramgen_curve:P-256"],
  "P-384": ["EC", "ec_paramgen_curve:P-384"],
  "P-521": ["EC", "ec_paramgen_curve:P-521"],
  secp256k1: ["EC", "ec_paramgen_curve:secp256k1"],
  secp224r1: ["EC", "ec_paramgen_curve:secp224r1"],
  Ed25519: ["ED25519"],
  Ed448: ["ED448"],
} as const satisfies Readonly<Record<string, readonly [string, string?]>>;
type Kind = keyof typeof kinds;

const versions = { tls12: "-tls1_2", tls13: "-tls1_3" } as const;
type Version = keyof typeof versions;

const made = new Map<Kind, { readonly certificate: string; readonly privateKey: string }>();

describe.skipIf(isMissing("openssl", "version"))("a key", () => {
  let directory = "";

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "gatehouse-keys-"));
    await Promise.all(Object.keys(kinds).map((kind) => make(kind as Kind)));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function make(kind: Kind): Promise<void> {
    const [algorithm, option] = kinds[kind];
    const [key, certificate] = [join(directory, `${kind}.key`), join(directory, `${kind}.crt`)];
    await run("openssl", ["genpkey", "-algorithm", algorithm, ...(option ? ["-pkeyopt", option] : []), "-out", key]);
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const { status, output } = await run("openssl", [
      "req",
      "-x509",
      "-new",
      "-key",
      key,
      ...names,
      "-out",
      certificate,
    ]);
    if (status !== 0) throw new Error(output);
    made.set(kind, { certificate: await readFile(certificate, "utf8"), privateKey: await readFile(key, "utf8") });
  }

  function load(kind: Kind): LoadedCertificate {
    const pair = made.get(kind);
    if (!pair) throw new Error(`There is no ${kind}.`);
    return checkCertificate({ id: kind, ...pair, now: new Date() });
  }

  const offering = (certificate: LoadedCertificate, version: Version | null) => {
    const tlsDisableProtocols: TlsSettings["tlsDisableProtocols"] =
      version === null ? [] : [version === "tls12" ? "tls13" : "tls12"];
    const listener = { tlsDisableProtocols, tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true };
    return tlsContexts({ certificates: [certificate], defaultId: null, listener });
  };

  test.each<Kind>(["RSA 2048", "RSA-PSS 2048", "P-256", "P-384", "P-521", "Ed25519"])(
    "of %s is served to OpenSSL in both versions",
    async (kind) => {
      const certificate = load(kind);
      expect(certificate.key.versions).toEqual(["TLSv1.2", "TLSv1.3"]);
      for (const version of ["tls12", "tls13"] as const) {
        await using listener = await listenWithTls(offering(certificate, version));
        const { output } = await opensslClient(listener.port, versions[version]);
        expect(output).toMatch(version === "tls12" ? /Protocol *: TLSv1\.2/ : /New, TLSv1\.3/);
      }
    },
  );

  test.each<Kind>(["secp256k1", "secp224r1"])("on %s is refused where TLS 1.3 is offered", (kind) => {
    const certificate = load(kind);
    for (const version of ["tls13", null] as const)
      expect(() => offering(certificate, version)).toThrow(
        expect.objectContaining({
          name: "TlsContextError",
          code: "unusable-key",
          message: expect.stringMatching(
            new RegExp(`"${kind}" has an ECDSA key on the curve ${kind}, which TLS 1.3 cannot use; make a key .*P-256`),
          ),
        }),
      );
  });

  test("that no version can use is an error of the check", async () => {
    const { certificate = "", privateKey = "" } = made.get("secp256k1") ?? {};
    const config: ConfigurationInput = {
      Certificate: {
        main: {
          certificate: { "@type": "Text", value: certificate },
          privateKey: { "@type": "Text", secret: privateKey },
        },
      },
      NetworkListener: [{ name: "imaps", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true }],
    };
    const refused: unknown = await checkGatehouse({ config }).catch((error: unknown) => error);
    expect(messagesOf(refused).join("\n")).toContain("which TLS 1.3 cannot use");
  });

  test("on secp256k1 is served where TLS 1.2 is all there is, to those who know the curve, with a warning", async () => {
    const certificate = load("secp256k1");
    expect(certificate.warnings).toEqual([expect.stringContaining("which hardly any client takes")]);
    await using listener = await listenWithTls(offering(certificate, "tls12"));
    const knowing = await opensslClient(listener.port, "-tls1_2", "-groups", "X25519:secp256k1");
    expect(knowing.output).toMatch(/Protocol *: TLSv1\.2/);
    const others = await opensslClient(listener.port, "-tls1_2");
    expect(others.output).toContain("handshake failure");
  });

  test.each<[Kind, RegExp]>([
    ["RSA 1024", /has 1024 bits, too few for RSA in TLS today/],
    ["Ed448", /of the kind ed448; make an RSA, ECDSA or Ed25519 key/],
  ])("of %s is refused", (kind, message) => {
    expect(() => load(kind)).toThrow(
      expect.objectContaining({ code: "private-key-malformed", message: expect.stringMatching(message) }),
    );
  });
});
