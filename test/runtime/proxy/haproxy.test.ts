import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { installed } from "../../real/programs.ts";
import { issue, type KeyPair, loaded } from "../tls/certificate-fixtures.ts";
import { client, say } from "./conversation.ts";
import { HAPROXY, haproxy } from "./haproxy.ts";
import { proxiedServer, shout, shoutUnderTls } from "./proxied-server.ts";
import type { ProxyProgram } from "./proxy-program.ts";

describe.skipIf(!installed(HAPROXY))("behind HAProxy", () => {
  describe.each([
    ["send-proxy", 1],
    ["send-proxy-v2", 2],
    ["send-proxy-v2 proxy-v2-options crc32c", 2],
  ])("with %s", (server, version) => {
    test.each(["127.0.0.1", "::1"])("a client of %s is named, and its first words arrive", async (address) => {
      await using gatehouse = await proxiedServer(shout);
      await using proxy = await haproxy(gatehouse.port, { address, server });
      const { socket, local } = await client(address, proxy.port);
      expect(await say(socket, "ehlo client\r\n", proxy)).toBe("EHLO CLIENT\r\n");
      expect(await gatehouse.header()).toMatchObject({
        version,
        command: "PROXY",
        source: local,
        destination: { address, port: proxy.port },
      });
      socket.destroy();
    });
  });

  test.each([
    // HAProxy 2.6 says UNKNOWN and LOCAL; other versions may say AF_UNIX.
    ["send-proxy", 1],
    ["send-proxy-v2", 2],
  ])("a client of a UNIX socket leaves HAProxy's own address with %s", async (server, version) => {
    await using gatehouse = await proxiedServer(shout);
    await using proxy = await haproxy(gatehouse.port, { server });
    // The inherited listener answers once HAProxy has bound its own.
    const { socket: first, local } = await client("127.0.0.1", proxy.port);
    await say(first, "x", proxy);
    expect((await gatehouse.header()).source).toEqual(local);
    const socket = connect(join(proxy.directory, "clients.sock"));
    expect(await say(socket, "ehlo\r\n", proxy)).toBe("EHLO\r\n");
    expect(await gatehouse.header()).toMatchObject({ version, source: null, destination: null });
    first.destroy();
    socket.destroy();
  });

  test.each(["send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c"])(
    "its health checks are its own with %s",
    async (server) => {
      await using gatehouse = await proxiedServer((socket) => socket.destroy());
      await using proxy = await haproxy(gatehouse.port, { server: `check check-send-proxy inter 100ms ${server}` });
      const checks = Promise.all([gatehouse.header(), gatehouse.header()]);
      const expected = { version: 2, command: "LOCAL", source: null, destination: null };
      expect(await Promise.race([checks, proxy.failed])).toMatchObject([expected, expected]);
    },
  );
});

describe.skipIf(!installed(HAPROXY))("behind HAProxy under TLS", () => {
  let authority: KeyPair;
  let clientPair: KeyPair;
  let serverPair: KeyPair;

  beforeAll(async () => {
    authority = await issue({ names: [], commonName: "Test Authority", authority: true });
    clientPair = await issue({ names: ["client.example"], issuer: authority, commonName: "Alice Client" });
    serverPair = await issue({ names: ["mail.example"], keyType: "rsa" });
  });

  const everything = "ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id";

  /** HAProxy ends TLS itself and says all it can. */
  function terminating(port: number): Promise<ProxyProgram> {
    return haproxy(port, {
      bind: "ssl crt server.pem ca-file authority.pem verify optional alpn smtp",
      frontend: ["unique-id-format from-%ci:%cp"],
      server: `send-proxy-v2 proxy-v2-options ${everything}`,
      files: {
        "server.pem": serverPair.certificate + serverPair.privateKey,
        "authority.pem": authority.certificate,
      },
    });
  }

  function tlsClient(port: number, pair: KeyPair | null): Promise<Socket> {
    const socket = tlsConnect({
      host: "127.0.0.1",
      port,
      ca: serverPair.certificate,
      servername: "mail.example",
      ALPNProtocols: ["smtp"],
      ...(pair && { cert: pair.certificate, key: pair.privateKey }),
    });
    return once(socket, "secureConnect").then(() => socket);
  }

  test("it tells what it knows of the client's TLS and certificate", async () => {
    await using gatehouse = await proxiedServer(shout);
    await using proxy = await terminating(gatehouse.port);
    const socket = await Promise.race([tlsClient(proxy.port, clientPair), proxy.failed]);
    expect(await say(socket, "ehlo\r\n", proxy)).toBe("EHLO\r\n");
    const { source, tlvs } = await gatehouse.header();
    expect(source).toEqual({ address: "127.0.0.1", port: socket.localPort });
    expect(tlvs).toEqual({
      alpn: "smtp",
      authority: "mail.example",
      uniqueId: new Uint8Array(Buffer.from(`from-127.0.0.1:${socket.localPort}`)),
      crc32c: true,
      ssl: {
        client: { tls: true, certificateOnConnection: true, certificateInSession: true },
        verify: 0,
        version: "TLSv1.3",
        commonName: "Alice Client",
        cipher: "TLS_AES_256_GCM_SHA384",
        signatureAlgorithm: "RSA-SHA256",
        keyAlgorithm: "RSA2048",
        other: [],
      },
      other: [],
    });
    socket.destroy();
  });

  test("it tells that a client had no certificate", async () => {
    await using gatehouse = await proxiedServer(shout);
    await using proxy = await terminating(gatehouse.port);
    const socket = await Promise.race([tlsClient(proxy.port, null), proxy.failed]);
    expect(await say(socket, "ehlo\r\n", proxy)).toBe("EHLO\r\n");
    const { ssl } = (await gatehouse.header()).tlvs;
    expect(ssl?.client).toEqual({ tls: true, certificateOnConnection: false, certificateInSession: false });
    expect(ssl?.commonName).toBeUndefined();
    socket.destroy();
  });

  test.each(["send-proxy", "send-proxy-v2"])("it leaves TLS to the server, behind the header of %s", async (server) => {
    const certificate = await loaded("main", { names: ["mail.example"] });
    await using gatehouse = await proxiedServer(shoutUnderTls(certificate));
    await using proxy = await haproxy(gatehouse.port, { server });
    const socket = tlsConnect({
      host: "127.0.0.1",
      port: proxy.port,
      ca: certificate.certificate,
      servername: "mail.example",
    });
    expect(await say(socket, "ehlo\r\n", proxy)).toBe("EHLO\r\n");
    expect((await gatehouse.header()).source).toEqual({ address: "127.0.0.1", port: socket.localPort });
    socket.destroy();
  });
});
