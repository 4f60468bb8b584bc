import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedCertificate } from "../../../src/runtime/tls/certificates.ts";
import { type TlsServerOptions, tlsContexts } from "../../../src/runtime/tls/context.ts";
import { startHandshake } from "../../../src/runtime/tls/handshake.ts";
import { clientHello } from "../../../src/testing/client-hello.ts";
import { loaded } from "./certificate-fixtures.ts";
import { isMissing, opensslClient } from "./programs.ts";
import { closed, listenWithTls, type Outcome, watched } from "./tls-listener.ts";

const EVERYTHING = { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true } as const;

let certificate: LoadedCertificate;
let options: TlsServerOptions;
let hello: Buffer;

beforeAll(async () => {
  certificate = await loaded("main", { names: ["localhost"] });
  options = tlsContexts({ certificates: [certificate], defaultId: null, listener: EVERYTHING });
  hello = await clientHello();
});

async function plainClient(port: number): Promise<Socket> {
  const client = watched(connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
  client.on("error", () => {}).resume();
  await once(client, "connect");
  return client;
}

function tlsClient(port: number, more: ConnectionOptions = {}): TLSSocket {
  return tlsConnect({ port, host: "127.0.0.1", ca: certificate.certificate, servername: "localhost", ...more });
}

function failureOf(outcome: Outcome) {
  return "failed" in outcome ? outcome.failed : outcome;
}

function securedOf(outcome: Outcome) {
  if (!("secured" in outcome)) throw new Error(`the handshake failed: ${outcome.failed.detail}`);
  return outcome;
}

/** A relay between a client and the server: emits `broken` bytes or a reset of its own towards the server. */
async function relayTo(port: number): Promise<{ port: number; far: Promise<Socket>; close(): void }> {
  const relay = createServer((near) => {
    const far = connect(port, "127.0.0.1").on("error", () => {});
    near
      .on("error", () => {})
      .pipe(far)
      .pipe(near);
    relay.emit("far", far);
  });
  const far = once(relay, "far").then(([socket]) => socket as Socket);
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  return { port: (relay.address() as AddressInfo).port, far, close: () => relay.close() };
}

describe("a handshake that succeeds", () => {
  test.each([
    ["TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519MLKEM768"],
    ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "x25519"],
  ] as const)("under %s says what was settled, the suite by its IANA name", async (version, cipherSuite, group) => {
    await using listener = await listenWithTls(options);
    const client = tlsClient(listener.port, { maxVersion: version });
    const { facts } = securedOf(await listener.outcome());
    expect(facts).toEqual({ version, cipherSuite, serverName: "localhost", alpn: null, group, client: null });
    client.destroy();
  });

  test("has no server name when the client asks for none", async () => {
    await using listener = await listenWithTls(options);
    const client = tlsConnect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false });
    expect(securedOf(await listener.outcome()).facts.serverName).toBeNull();
    client.destroy();
  });

  test("keeps a server name that is no host name out of the facts", async () => {
    await using listener = await listenWithTls(options);
    const client = tlsClient(listener.port, { servername: "x\r\ny z", checkServerIdentity: () => undefined });
    expect(securedOf(await listener.outcome()).facts.serverName).toBeNull();
    client.destroy();
  });

  test("reads what was put back into the raw socket as the handshake's beginning", async () => {
    await using listener = await listenWithTls(options, (raw) => raw.unshift(hello.subarray(0, 100)));
    const client = await plainClient(listener.port);
    client.write(hello.subarray(100));
    const [answer] = (await once(client, "data")) as [Buffer];
    expect([answer[0], answer[5]], "a ServerHello").toEqual([22, 2]);
    client.destroy();
  });

  test("lets the server answer a client that has closed its side", async () => {
    await using listener = await listenWithTls(options);
    const raw = await plainClient(listener.port);
    raw.pause();
    const client = tlsConnect({ socket: raw, ca: certificate.certificate, servername: "localhost" });
    client.end("question");
    const { secured } = securedOf(await listener.outcome());
    let question = "";
    secured.on("data", (chunk: Buffer) => {
      question += chunk;
    });
    await once(secured, "end");
    secured.end("answer");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect([question, String(answer)]).toEqual(["question", "answer"]);
    client.destroy();
  });

  test.each<[string, (far: Socket) => void, RegExp]>([
    ["the connection is reset", (far) => far.resetAndDestroy(), /^ECONNRESET$/],
    ["a record is broken", (far) => far.write("this is no TLS record"), /^ERR_SSL_/],
  ])("is followed by an error of the TLS socket, and both sockets are closed, when %s", async (_name, act, code) => {
    await using listener = await listenWithTls(options);
    const relay = await relayTo(listener.port);
    const client = tlsClient(relay.port);
    client.on("error", () => {}).resume();
    const session = once(client, "session");
    const { secured, raw } = securedOf(await listener.outcome());
    await session;
    const heard = once(secured, "error");
    act(await relay.far);
    expect(await heard).toMatchObject([{ code: expect.stringMatching(code) }]);
    await closed(secured, raw);
    client.destroy();
    relay.close();
  });
});

describe("a handshake that fails is reported once, with its reason, and both sockets are destroyed:", () => {
  const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40]);
  test.each<[string, (client: Socket) => void, object]>([
    [
      "an HTTP request",
      (c) => c.write("GET / HTTP/1.1\r\n\r\n"),
      { reason: "not-tls", detail: "ERR_SSL_HTTP_REQUEST" },
    ],
    ["an SMTP command", (c) => c.write("EHLO client.example\r\n"), { reason: "not-tls" }],
    ["noise", (c) => c.write(Buffer.alloc(100, 0xff)), { reason: "not-tls" }],
    ["FIN at once", (c) => c.end(), { reason: "peer-closed" }],
    ["half a ClientHello, then FIN", (c) => c.end(hello.subarray(0, 40)), { reason: "peer-closed" }],
    ["a ClientHello, then FIN", (c) => c.end(hello), { reason: "peer-closed" }],
    ["RST at once", (c) => c.resetAndDestroy(), { reason: "peer-reset", detail: "ECONNRESET" }],
    [
      "half a ClientHello, then RST",
      (c) => c.write(hello.subarray(0, 40), () => c.resetAndDestroy()),
      { reason: "peer-reset", detail: "ECONNRESET" },
    ],
    [
      "an alert after the ServerHello",
      (c) => c.once("data", () => c.write(alert)).write(hello),
      { reason: "peer-alert" },
    ],
    [
      "a record of no known type after the ServerHello",
      (c) => c.once("data", () => c.write(Buffer.alloc(100, 0x16))).write(hello),
      { reason: "other" },
    ],
  ])("%s", async (_name, act, expected) => {
    await using listener = await listenWithTls(options);
    const client = await plainClient(listener.port);
    act(client);
    const outcome = await listener.outcome();
    expect(failureOf(outcome)).toMatchObject(expected);
    await closed(outcome.raw);
    expect(listener.outcomes).toHaveLength(1);
    client.destroy();
  });

  test("the owner destroys the raw socket", async () => {
    await using listener = await listenWithTls(options);
    const client = await plainClient(listener.port);
    client.write(hello);
    await once(client, "data");
    listener.accepted[0]?.destroy();
    expect(failureOf(await listener.outcome())).toEqual({ reason: "other", detail: "destroyed" });
    expect(listener.outcomes).toHaveLength(1);
    client.destroy();
  });

  test("the raw socket was destroyed before", async () => {
    await using listener = await listenWithTls(options, (raw) => raw.destroy());
    const client = await plainClient(listener.port);
    expect(failureOf(await listener.outcome())).toMatchObject({ reason: "other" });
    await closed(...listener.accepted);
    expect(listener.outcomes).toHaveLength(1);
    client.destroy();
  });
});

describe.skipIf(isMissing("openssl", "version"))("OpenSSL's client", () => {
  test.each<[string, string[], string]>([
    [
      "only TLS 1.2 suites for keys that the server lacks",
      ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
      "no-shared-cipher",
    ],
    ["only CBC suites", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], "no-shared-cipher"],
    ["only TLS 1.3 suites that nobody has", ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"], "no-shared-cipher"],
    ["only an unknown group", ["-tls1_3", "-groups", "X448"], "no-shared-cipher"],
    ["at most TLS 1.1", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "no-shared-version"],
    ["at most TLS 1.0", ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], "no-shared-version"],
    ["no trust in the certificate", ["-verify_return_error", "-verify", "1"], "peer-alert"],
  ])("with %s is told so by an alert or tells so itself", async (_name, args, reason) => {
    await using listener = await listenWithTls(options);
    const client = await opensslClient(listener.port, ...args);
    expect(failureOf(await listener.outcome())).toMatchObject({ reason });
    expect(client.status).not.toBe(0);
    if (reason !== "peer-alert") expect(client.output).toMatch(/alert (handshake failure|protocol version)/);
  });
});

test("sockets destroyed in mid-handshake leave no file descriptor and no handle behind", async () => {
  const count = () => ({
    descriptors: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().filter((type) => /TCP|TLS/.test(type)).length,
  });
  const round = async () => {
    await using listener = await listenWithTls(options);
    const clients = await Promise.all(Array.from({ length: 10 }, () => plainClient(listener.port)));
    // A third of them silent, a third in the middle of the ClientHello, a third after the ServerHello.
    const inHandshake = clients.filter((client, index) => {
      if (index % 3 > 0) client.write(index % 3 === 1 ? hello.subarray(0, 100) : hello);
      return index % 3 === 2;
    });
    await Promise.all(inHandshake.map((client) => once(client, "data")));
    while (listener.accepted.length < clients.length) await new Promise((resolve) => setImmediate(resolve));
    for (const raw of listener.accepted) raw.destroy();
    await closed(...listener.accepted);
    for (const _ of clients) expect(failureOf(await listener.outcome())).toMatchObject({ detail: "destroyed" });
    for (const client of clients) client.destroy();
    await closed(...clients);
  };
  await round();
  const before = count();
  for (let i = 0; i < 5; i++) await round();
  expect(count()).toEqual(before);
});

test("errors of either socket after the end go unheard without harm", async () => {
  await using listener = await listenWithTls(options);
  const client = tlsClient(listener.port);
  const { raw, secured } = securedOf(await listener.outcome());
  secured.destroy(new Error("on the TLS socket"));
  await closed(secured, raw);
  raw.emit("error", new Error("late, on the raw socket"));
  secured.emit("error", new Error("late, on the TLS socket"));
  client.on("error", () => {}).destroy();
});

test("the callbacks are not called before startHandshake has returned", async () => {
  const server = createServer((raw) => {
    raw.destroy();
    let returned = false;
    startHandshake(raw, options, {
      secured: () => server.emit("outcome", "secured"),
      failed: () => server.emit("outcome", returned ? "failed" : "failed too early"),
    });
    returned = true;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as { port: number }).port, "127.0.0.1").on("error", () => {});
  expect(await once(server, "outcome")).toEqual(["failed"]);
  client.destroy();
  server.close();
});
