import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { CIPHER_SUITE_NAMES, type CipherSuiteName, SUITES } from "../../../src/config/index.ts";
import { type TlsSettings, tlsContexts } from "../../../src/runtime/tls/context.ts";
import { loaded } from "./certificate-fixtures.ts";
import { isMissing, opensslClient, run } from "./programs.ts";
import { listenWithTls } from "./tls-listener.ts";

const EVERYTHING: TlsSettings = { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true };
const ALL = CIPHER_SUITE_NAMES.map((name) => SUITES[name].openssl);
const SUITES_13 = CIPHER_SUITE_NAMES.filter((name) => SUITES[name].version === "tls13");
const SUITES_12 = CIPHER_SUITE_NAMES.filter((name) => SUITES[name].version === "tls12");

const ecdsa = await loaded("ecdsa", { names: ["localhost"] });
const rsa = await loaded("rsa", { names: ["localhost"], keyType: "rsa" });
const both = [ecdsa, rsa];

const options = (listener: Partial<TlsSettings> = {}, certificates = both) =>
  tlsContexts({ certificates, defaultId: null, listener: { ...EVERYTHING, ...listener } });

async function handshake(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const client = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...more });
  await once(client, "secureConnect");
  return client;
}

interface Scan {
  readonly versions: string[];
  readonly suites: string[];
  readonly groups: string[];
  readonly renegotiation: boolean;
  readonly compression: boolean;
}

/** What sslscan gets the server to agree to, in the server's order. */
async function scan(port: number): Promise<Scan> {
  const { output } = await run("sslscan", ["--xml=-", "--no-colour", `127.0.0.1:${port}`]);
  const all = (pattern: RegExp) => [...output.matchAll(pattern)].map(([, found = ""]) => found);
  return {
    versions: all(/<protocol type="\w+" version="([\d.]+)" enabled="1"/g),
    suites: all(/<cipher status="\w+" [^>]*cipher="([^"]+)"/g),
    groups: [...new Set(all(/<group [^>]*name="(\w+)/g))].sort(),
    renegotiation: /<renegotiation supported="1"/.test(output),
    compression: /<compression supported="1"/.test(output),
  };
}

describe.skipIf(isMissing("sslscan"))("sslscan finds exactly the versions and suites promised", () => {
  test("with the defaults: TLS 1.2 and 1.3, nine suites in the server's order, three groups, nothing else", async () => {
    await using listener = await listenWithTls(options());
    expect(await scan(listener.port)).toEqual({
      versions: ["1.2", "1.3"],
      suites: ALL,
      groups: ["secp256r1", "secp384r1", "x25519"],
      renegotiation: false,
      compression: false,
    });
  });

  const without = (...names: CipherSuiteName[]) =>
    CIPHER_SUITE_NAMES.filter((name) => !names.includes(name)).map((name) => SUITES[name].openssl);

  test.each<[string, Partial<TlsSettings>, string[], string[]]>([
    ["TLS 1.2 disabled", { tlsDisableProtocols: ["tls12"] }, ["1.3"], without(...SUITES_12)],
    ["TLS 1.3 disabled", { tlsDisableProtocols: ["tls13"] }, ["1.2"], without(...SUITES_13)],
    ["all TLS 1.3 suites disabled", { tlsDisableCipherSuites: SUITES_13 }, ["1.2"], without(...SUITES_13)],
    ["all TLS 1.2 suites disabled", { tlsDisableCipherSuites: SUITES_12 }, ["1.3"], without(...SUITES_12)],
    [
      "TLS 1.3 and most of TLS 1.2 disabled",
      { tlsDisableProtocols: ["tls13"], tlsDisableCipherSuites: SUITES_12.slice(1) },
      ["1.2"],
      ["ECDHE-ECDSA-AES256-GCM-SHA384"],
    ],
    [
      "TLS 1.2 and most of TLS 1.3 disabled",
      { tlsDisableProtocols: ["tls12"], tlsDisableCipherSuites: SUITES_13.slice(1) },
      ["1.3"],
      ["TLS_AES_256_GCM_SHA384"],
    ],
    ...CIPHER_SUITE_NAMES.map((name): [string, Partial<TlsSettings>, string[], string[]] => [
      `${name} disabled`,
      { tlsDisableCipherSuites: [name] },
      ["1.2", "1.3"],
      without(name),
    ]),
  ])("with %s", async (...[, settings, versions, suites]) => {
    await using listener = await listenWithTls(options(settings));
    expect(await scan(listener.port)).toMatchObject({ versions, suites });
  });

  test("with one kind of key: only its suites, and they are all that is said to be offered", async () => {
    const offered = options({}, [rsa]);
    await using listener = await listenWithTls(offered);
    expect(await scan(listener.port)).toMatchObject({ suites: offered.suites });
    expect(offered.suites).toEqual(ALL.filter((name) => !name.includes("ECDSA")));
  });
});

test("versions and suites of a listener are said as they are offered", () => {
  expect(options()).toMatchObject({ versions: ["TLSv1.2", "TLSv1.3"], suites: ALL });
  expect(options({ tlsDisableCipherSuites: SUITES_13 })).toMatchObject({ versions: ["TLSv1.2"] });
  expect(options({ tlsDisableProtocols: ["tls12"] })).toMatchObject({ versions: ["TLSv1.3"], suites: ALL.slice(0, 3) });
});

test("a version whose remaining suites no certificate has a key for is not offered", () => {
  const onlyEcdsa = SUITES_12.filter((name) => SUITES[name].key === "ecdsa");
  expect(options({ tlsDisableCipherSuites: onlyEcdsa }, [ecdsa]).versions).toEqual(["TLSv1.3"]);
  const nothing = () => options({ tlsDisableCipherSuites: onlyEcdsa, tlsDisableProtocols: ["tls13"] }, [ecdsa]);
  expect(nothing).toThrow(expect.objectContaining({ name: "TlsContextError", code: "no-usable-suite" }));
});

test("no certificate, or a default that does not exist, is an error", () => {
  expect(() => options({}, [])).toThrow(expect.objectContaining({ code: "no-certificate" }));
  const unknown = () => tlsContexts({ certificates: both, defaultId: "other", listener: EVERYTHING });
  expect(unknown).toThrow(/"other" does not exist \(there are: "ecdsa", "rsa"\)/);
});

describe("the order of suites", () => {
  const client = "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
  test.each([
    [true, "ECDHE-ECDSA-AES256-GCM-SHA384"],
    [false, "ECDHE-RSA-CHACHA20-POLY1305"],
  ])("is the server's with tlsIgnoreClientOrder %s: %s", async (tlsIgnoreClientOrder, agreed) => {
    await using listener = await listenWithTls(options({ tlsIgnoreClientOrder }));
    const socket = await handshake(listener.port, { ciphers: client, maxVersion: "TLSv1.2" });
    expect(socket.getCipher().name).toBe(agreed);
    socket.destroy();
  });
});

describe("key exchange groups", () => {
  const isHybridKnown = Number(process.versions.openssl.split(".").slice(0, 2).join(".")) >= 3.5;

  test.skipIf(!isHybridKnown)("the hybrid group is agreed on with clients that have it", async () => {
    await using listener = await listenWithTls(options());
    // It must be the only group of one client, and agreed on in spite of the client's order by another.
    for (const ecdhCurve of ["X25519MLKEM768", "P-256:X25519MLKEM768"]) {
      const client = connect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false, ecdhCurve });
      expect(await listener.outcome()).toHaveProperty("secured");
      client.destroy();
    }
  });

  test.each(["X25519", "P-256", "P-384"])("%s is agreed on alone", async (ecdhCurve) => {
    await using listener = await listenWithTls(options());
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      (await handshake(listener.port, { ecdhCurve, maxVersion })).destroy();
    }
  });

  test.each(["P-521", "X448"])("%s is refused", async (ecdhCurve) => {
    await using listener = await listenWithTls(options());
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const client = connect({ port: listener.port, host: "127.0.0.1", ecdhCurve, maxVersion });
      await once(client, "close").catch((error) =>
        expect(error).toMatchObject({ code: expect.stringContaining("ALERT") }),
      );
      expect(await listener.outcome()).toMatchObject({ failed: { reason: "no-shared-cipher" } });
    }
  });
});

describe("the certificate is chosen by the name that the client asks for:", async () => {
  const main = await loaded("main", { names: ["main.example.com"] });
  const mail = await loaded("mail", { names: ["mail.example.com", "smtp.example.org"] });
  const wildcard = await loaded("wildcard", { names: ["*.example.com"] });
  const laterMail = await loaded("later", { names: ["mail.example.com"] });
  const mailRsa = await loaded("mail-rsa", { names: ["mail.example.com"], keyType: "rsa" });
  const certificates = [mail, main, wildcard, laterMail, mailRsa];
  const sni = tlsContexts({ certificates, defaultId: "main", listener: EVERYTHING });

  const served = async (port: number, more: ConnectionOptions): Promise<string | undefined> => {
    const client = await handshake(port, more);
    const pem = client.getPeerX509Certificate()?.toString();
    client.destroy();
    return certificates.find(({ certificate }) => certificate === pem)?.id;
  };

  test.each([
    ["the exact name before a wildcard", "mail.example.com", "mail"],
    ["another name of the same certificate", "smtp.example.org", "mail"],
    ["in any case", "MAIL.Example.COM", "mail"],
    ["with a trailing dot", "mail.example.com.", "mail"],
    ["a wildcard for one label", "imap.example.com", "wildcard"],
    ["no wildcard for two labels", "a.imap.example.com", "main"],
    ["no wildcard for the domain itself", "example.com", "main"],
    ["the default for an unknown name", "unknown.example.net", "main"],
    ["the default for no name", undefined, "main"],
  ])("%s (%s -> %s)", async (...[, servername, expected]) => {
    await using listener = await listenWithTls(sni);
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      expect(await served(listener.port, { servername, maxVersion, sigalgs: "ECDSA+SHA256" })).toBe(expected);
    }
  });

  test("with both kinds of key where two certificates bear the same name", async () => {
    await using listener = await listenWithTls(sni);
    const servername = "mail.example.com";
    expect(await served(listener.port, { servername, sigalgs: "RSA-PSS+SHA256" })).toBe("mail-rsa");
    expect(await served(listener.port, { servername, sigalgs: "ECDSA+SHA256" })).toBe("mail");
  });

  test("with both kinds of key for the default's names, to TLS 1.2 clients that differ in their suites only too", async () => {
    const rsaMain = await loaded("main-rsa", { names: ["main.example.com"], keyType: "rsa" });
    await using listener = await listenWithTls(
      tlsContexts({ certificates: [main, rsaMain, mail], defaultId: "main", listener: EVERYTHING }),
    );
    for (const servername of ["main.example.com", undefined]) {
      for (const kind of ["ECDSA", "RSA"]) {
        const ciphers = `ECDHE-${kind}-AES128-GCM-SHA256`;
        (await handshake(listener.port, { servername, ciphers, maxVersion: "TLSv1.2" })).destroy();
      }
    }
  });

  test("without asking a callback where every name leads to the same context", () => {
    expect(options().socketOptions.SNICallback).toBeUndefined();
    expect(sni.socketOptions.SNICallback).toBeDefined();
  });
});

describe("ALPN", async () => {
  const other = await loaded("other", { names: ["other.example.com"] });
  const offering = (...alpn: string[]) =>
    tlsContexts({ certificates: [ecdsa, rsa, other], defaultId: null, listener: EVERYTHING, alpn });

  test("is answered where the protocol has names, and ignored where it has none", async () => {
    await using named = await listenWithTls(offering("http/1.1"));
    await using nameless = await listenWithTls(offering());
    const agreed = await handshake(named.port, { ALPNProtocols: ["h2", "http/1.1"] });
    const ignored = await handshake(nameless.port, { ALPNProtocols: ["h2"] });
    const silent = await handshake(named.port);
    expect([agreed, ignored, silent].map(({ alpnProtocol }) => alpnProtocol)).toEqual(["http/1.1", false, false]);
    for (const client of [agreed, ignored, silent]) client.destroy();
  });

  test.each<[string, ConnectionOptions]>([
    ["TLS 1.2", { maxVersion: "TLSv1.2" }],
    ["TLS 1.3", { minVersion: "TLSv1.3" }],
    [
      "TLS 1.2, where the name asked for chooses the certificate",
      { maxVersion: "TLSv1.2", servername: "other.example.com" },
    ],
    [
      "TLS 1.3, where the name asked for chooses the certificate",
      { minVersion: "TLSv1.3", servername: "other.example.com" },
    ],
  ])("names what both speak, or ends with an alert, under %s", async (_what, more) => {
    await using listener = await listenWithTls(offering("imap"));
    const agreed = await handshake(listener.port, { ...more, ALPNProtocols: ["pop3", "imap"] });
    expect([agreed.alpnProtocol, await listener.outcome()]).toMatchObject(["imap", { facts: {} }]);
    agreed.destroy();
    for (const foreign of ["h2", "acme-tls/1", "pop3", "IMAP", "imap4"]) {
      const refused = await handshake(listener.port, { ...more, ALPNProtocols: [foreign] }).catch((error) => error);
      expect([refused.code, await listener.outcome()]).toMatchObject([
        "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
        { failed: { reason: "no-shared-protocol" } },
      ]);
    }
  });
});

describe.skipIf(isMissing("openssl", "version"))("OpenSSL's client", async () => {
  const other = await loaded("other", { names: ["other.example.com"] });
  const withSni = tlsContexts({ certificates: [ecdsa, other], defaultId: null, listener: EVERYTHING });

  test.each([
    ["-tls1_2", "localhost"],
    ["-tls1_3", "localhost"],
    ["-tls1_2", "other.example.com"],
    ["-tls1_3", "other.example.com"],
  ])("resumes a session by its ticket (%s, %s)", async (version, name) => {
    await using listener = await listenWithTls(withSni);
    const directory = await mkdtemp(join(tmpdir(), "gatehouse-session-"));
    const session = join(directory, "session.pem");
    const first = opensslClient(listener.port, version, "-servername", name, "-sess_out", session, "-ign_eof");
    const outcome = await listener.outcome();
    if ("secured" in outcome) outcome.secured.end("bye");
    expect((await first).output).toContain("New, ");
    expect(await readFile(session, "utf8")).toContain("BEGIN SSL SESSION");
    const second = await opensslClient(listener.port, version, "-servername", name, "-sess_in", session);
    expect(second.output).toContain("Reused, ");
    await rm(directory, { recursive: true });
  });

  // What sslscan does not try. The second way is testssl.sh's, which starts thousands of programs for this one.
  test.each(["-tls1_2", "-no_tls1_3"])("cannot renegotiate (%s)", async (version) => {
    await using listener = await listenWithTls(options());
    // A line with only R asks s_client for a renegotiation.
    const { output } = await run("openssl", ["s_client", "-connect", `127.0.0.1:${listener.port}`, version], "R\n");
    expect(output).toContain("RENEGOTIATING");
    expect(output).toContain("no renegotiation");
  });
});

test("The context of a name is made when the first client asks for it, and one that cannot be made fails its handshake alone.", async () => {
  const other = await loaded("other", { names: ["other.example"] });
  const broken = { ...other, id: "broken", certificate: "nothing", subjectAlternativeNames: ["broken.example"] };
  await using listener = await listenWithTls(options({}, [ecdsa, other, broken]));
  const subjectOf = async (servername: string) =>
    (await handshake(listener.port, { servername })).getPeerCertificate().subjectaltname;
  expect(await subjectOf("other.example")).toBe("DNS:other.example");
  await expect(handshake(listener.port, { servername: "broken.example" })).rejects.toThrow();
  expect(await subjectOf("localhost")).toBe("DNS:localhost");
});
