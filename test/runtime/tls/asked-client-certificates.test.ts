/** Listeners that ask their clients for certificates, and log-ins by those. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { http, type NetworkListenerInput, type TlsFacts } from "../../../src/index.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { installed, run } from "../../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../../running-gatehouse.ts";
import { rawClient, tlsClient, watch } from "../raw-client.ts";
import { issue, type KeyPair } from "./certificate-fixtures.ts";

const authority = await issue({ names: [], commonName: "Clients of Example", authority: true });
const foreign = await issue({ names: [], commonName: "Somebody else", authority: true });
const ann = await issue({ names: ["ann@example.com", "ann.example.com"], commonName: "Ann", issuer: authority });
const both = await issue({ names: ["ann@example.com", "ben@example.com"], commonName: "Both", issuer: authority });
const stranger = await issue({ names: ["ann@example.com"], commonName: "Ann", issuer: foreign });
const past = await issue({
  ...{ names: ["ann@example.com"], commonName: "Late", issuer: authority },
  ...{ notBefore: new Date(Date.now() - 2 * 86_400_000), notAfter: new Date(Date.now() - 86_400_000) },
});

const text = (value: string) => ({ "@type": "Text" as const, value });
const secret = (value: string) => ({ "@type": "Text" as const, secret: value });
const accounts = {
  "ann@example.com": { secret: secret("correct horse") },
  "ben@example.com": { secret: secret("battery staple") },
};
const listener = (
  name: string,
  protocol: string,
  fields: Partial<NetworkListenerInput> = {},
): NetworkListenerInput => ({
  ...{ name, protocol, bind: ["127.0.0.1:0"] },
  ...{ tlsClientAuth: "optional", tlsClientCa: text(authority.certificate), ...fields },
});
const shown = ({ certificate: cert, privateKey: key }: KeyPair) => ({ cert, key });

function client(house: RunningGatehouse, name: string, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ port: house.port(name), host: "127.0.0.1", rejectUnauthorized: false, ...options });
  socket.on("error", () => {});
  return socket;
}

const web = (fields: Partial<NetworkListenerInput>, seen: (tls: TlsFacts | null) => void) =>
  runGatehouse([listener("web", "app", { tlsImplicit: true, ...fields })], {
    protocols: [
      http({
        name: "app",
        fetch: (_request, { tls }) => {
          seen(tls);
          return new Response("seen");
        },
      }),
    ],
  });

async function asked(house: RunningGatehouse, options: ConnectionOptions): Promise<string> {
  const socket = client(house, "web", options);
  const peer = watch(socket);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await peer.end;
  return peer.received();
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("in %s", (version) => {
  const only = { minVersion: version, maxVersion: version };

  test("where it is optional, all are served, and what was shown is known", async () => {
    const seen: (TlsFacts["client"] | undefined)[] = [];
    const house = await web({}, (tls) => seen.push(tls?.client));
    for (const options of [{}, shown(ann), shown(stranger), shown(past)])
      expect(await asked(house, { ...only, ...options })).toContain("seen");
    expect(seen).toMatchObject([
      null,
      {
        ...{ subject: "CN=Ann", issuer: "CN=Clients of Example", verified: true, error: null },
        ...{ subjectAlternativeNames: ["ann.example.com"], emailAddresses: ["ann@example.com"] },
        fingerprint256: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}/),
      },
      { verified: false, error: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
      { verified: false, error: "CERT_HAS_EXPIRED" },
    ]);
  });

  test("where it is required, no other is served, also in a session that goes on", async () => {
    const seen: unknown[] = [];
    const house = await web({ tlsClientAuth: "required" }, (tls) => seen.push(tls?.client?.verified));
    for (const options of [{}, shown(stranger), shown(past)])
      expect(await asked(house, { ...only, ...options })).not.toContain("seen");
    const failed = house.events.filter(({ type }) => type === "connection.handshakeFailed");
    expect(failed).toMatchObject([
      { reason: "client-certificate", detail: "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE" },
      { reason: "client-certificate", detail: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
      { reason: "client-certificate", detail: "CERT_HAS_EXPIRED" },
    ]);
    let session: Buffer | undefined;
    const first = client(house, "web", { ...only, ...shown(ann) });
    first.on("session", (ticket: Buffer) => {
      session = ticket;
    });
    const peer = watch(first);
    first.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await peer.end;
    expect(await asked(house, { ...only, ...shown(ann), session })).toContain("seen");
    expect(seen).toEqual([true, true]);
  });

  test("a session of a listener that asked nobody, or others, is not resumed", async () => {
    const house = await web({ tlsClientAuth: "none" }, () => {});
    const sessionOf = async (options: ConnectionOptions) => {
      const socket = client(house, "web", { ...only, ...options });
      const peer = watch(socket);
      let session: Buffer | undefined;
      socket.on("session", (ticket: Buffer) => {
        session = ticket;
      });
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await peer.end;
      return { session, isReused: socket.isSessionReused() };
    };
    const before = await sessionOf({});
    expect((await sessionOf({ session: before.session })).isReused).toBe(true);
    const asking = (fields: Partial<NetworkListenerInput>) => ({
      ...listener("web", "app", { tlsImplicit: true, ...fields }),
    });
    await house.gatehouse.reload([asking({ tlsClientAuth: "optional" })]);
    const second = await sessionOf({ session: before.session, ...shown(ann) });
    expect(second.isReused).toBe(false);
    await house.gatehouse.reload([asking({ tlsClientAuth: "optional", tlsClientCa: text(foreign.certificate) })]);
    expect((await sessionOf({ session: second.session, ...shown(ann) })).isReused).toBe(false);
  });
});

test("a certificate that is chosen by server name asks for the same", async () => {
  const [one, two] = await Promise.all([issue({ names: ["one.example"] }), issue({ names: ["two.example"] })]);
  const certificate = (pair: KeyPair) => ({ certificate: text(pair.certificate), privateKey: secret(pair.privateKey) });
  const seen: unknown[] = [];
  const house = await runGatehouse(
    {
      Certificate: { one: certificate(one), two: certificate(two) },
      SystemSettings: { defaultCertificateId: "one" },
      NetworkListener: [listener("web", "app", { tlsImplicit: true, tlsClientAuth: "required" })],
    },
    {
      protocols: [
        http({
          name: "app",
          fetch: (_request, { tls }) => {
            seen.push([tls?.serverName, tls?.client?.verified]);
            return new Response("seen");
          },
        }),
      ],
    },
  );
  for (const servername of ["one.example", "two.example"]) {
    expect(await asked(house, { servername, ...shown(ann) })).toContain("seen");
    expect(await asked(house, { servername, ...shown(stranger) })).not.toContain("seen");
    expect(await asked(house, { servername })).not.toContain("seen");
  }
  expect(seen).toEqual([
    ["one.example", true],
    ["two.example", true],
  ]);
});

describe("EXTERNAL", () => {
  const empty = "=";
  const named = (address: string) => Buffer.from(address).toString("base64");

  test.each([
    ["smtp", "EHLO x", /250 HELP/, (name: string) => `AUTH EXTERNAL ${name}`, /\n235 /, /\n535 /],
    ["imap", "a CAPABILITY", /a OK/, (name: string) => `b AUTHENTICATE EXTERNAL ${name}`, /b OK/, /b NO/],
    ["pop3", "CAPA", /\n\.\r\n/, (name: string) => `AUTH EXTERNAL ${name}`, /\n\+OK [^\n]*\n$/, /\n-ERR/],
    [
      "manageSieve",
      "CAPABILITY",
      /OK/,
      (name: string) => `AUTHENTICATE "EXTERNAL" "${name === "=" ? "" : name}"`,
      /OK[^\n]*\n$/,
      /\nNO/,
    ],
  ])(
    "in %s logs in the account that the certificate names",
    async (...[protocol, hello, ready, logIn, done, refused]) => {
      const house = await runGatehouse({
        Account: accounts,
        NetworkListener: [listener("mail", protocol, { tlsImplicit: true })],
      });
      const talk = async (pair: KeyPair | null, name: string) => {
        const peer = await tlsClient({ port: house.port("mail"), ...(pair && shown(pair)) });
        await peer.until(/\n/);
        peer.socket.write(`${hello}\r\n`);
        const announced = await peer.until(ready);
        peer.socket.write(`${logIn(name)}\r\n`);
        return { peer, announced };
      };
      const byOne = await talk(ann, empty);
      expect(byOne.announced).toContain("EXTERNAL");
      await byOne.peer.until(done);
      expect(await house.event("session.authenticated")).toMatchObject({
        ...{ mechanism: "EXTERNAL", username: "ann@example.com" },
      });
      await (await talk(both, named("BEN@example.com"))).peer.until(done);
      await house.event("session.authenticated", ({ username }) => username === "ben@example.com");

      await (await talk(both, empty)).peer.until(refused);
      const untrusted = await talk(stranger, empty);
      expect(untrusted.announced).not.toContain("EXTERNAL");
      await untrusted.peer.until(/\n(?:5|-ERR|NO|b (?:NO|BAD))/);
      expect(house.events.filter(({ type }) => type === "session.authenticated")).toHaveLength(2);
    },
  );

  test("works after STARTTLS, and for nobody else than the certificate names", async () => {
    const house = await runGatehouse({ Account: accounts, NetworkListener: [listener("mail", "smtp")] });
    const clear = await rawClient(house.port("mail"));
    await clear.until(/\n/);
    clear.socket.write("EHLO x\r\nSTARTTLS\r\n");
    await clear.until(/220 2/);
    clear.socket.removeAllListeners("data");
    const secured = watch(connect({ socket: clear.socket, rejectUnauthorized: false, ...shown(ann) }));
    secured.socket.write("EHLO x\r\n");
    expect(await secured.until(/250 HELP/)).toContain("AUTH PLAIN LOGIN EXTERNAL");
    secured.socket.write(`AUTH EXTERNAL ${named("ben@example.com")}\r\n`);
    await secured.until(/\n535 /);
    secured.socket.write("AUTH EXTERNAL\r\n");
    await secured.until(/\n334 \r\n/);
    secured.socket.write("\r\n");
    await secured.until(/\n235 /);
  });
});

test("authorities that are none are named before anything is bound", async () => {
  const broken = (tlsClientCa: NetworkListenerInput["tlsClientCa"]) =>
    runGatehouse([listener("mail", "imap", { tlsClientCa })]);
  await expect(broken(text("nothing"))).rejects.toThrow(
    'tlsClientCa of listener "mail" cannot be used: the certificate is not in PEM',
  );
  await expect(broken(text(ann.privateKey))).rejects.toThrow("a private key stands where the certificate should");
  await expect(broken(text(ann.certificate))).rejects.toThrow("is of no authority");
  const file = { "@type": "File" as const, filePath: "/nonexistent/ca.pem" };
  await expect(broken(file)).rejects.toThrow('tlsClientCa of listener "mail" cannot be read');
});

test("a file of authorities that is replaced is in force without a reload by hand", async () => {
  const filePath = join(temporaryDirectory(), "ca.pem");
  await writeFile(filePath, foreign.certificate);
  const seen: unknown[] = [];
  const house = await web({ tlsClientAuth: "required", tlsClientCa: { "@type": "File", filePath } }, (tls) =>
    seen.push(tls?.client?.subject),
  );
  expect(await asked(house, shown(ann))).not.toContain("seen");
  await writeFile(filePath, foreign.certificate + authority.certificate);
  await house.event("reload.carriedOut", ({ certificatesChanged }) => certificatesChanged);
  expect(await asked(house, shown(ann))).toContain("seen");
});

test.skipIf(!installed("openssl"))(
  "OpenSSL's client hears which authorities are wanted, and why it failed",
  async () => {
    const house = await web({ tlsClientAuth: "required" }, () => {});
    const to = ["s_client", "-connect", `127.0.0.1:${house.port("web")}`, "-tls1_3", "-ign_eof"];
    const { stdout, stderr } = await run("openssl", to, { input: "GET / HTTP/1.1\r\nHost: x\r\n\r\n" });
    expect(stdout).toContain("CN = Clients of Example");
    expect(stderr).toContain("certificate required");
  },
);
