/** Real proxies in front of a running Gatehouse: the client's address in events, in the log and in the limits. */
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { pino } from "pino";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { installed } from "../../real/programs.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { type RawClient, rawClient, tlsClient, watch } from "../raw-client.ts";
import { issue, type KeyPair } from "../tls/certificate-fixtures.ts";
import { HAPROXY, type HaproxyOptions, haproxy } from "./haproxy.ts";
import { NGINX, nginx } from "./nginx.ts";
import type { ProxyProgram } from "./proxy-program.ts";

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

/**
 * Lets one connection of each address in; the proxy itself is at 127.0.0.1 or on a Unix socket, its clients are at
 * 127.0.0.1 and ::1.
 */
async function gatehouse(bind = "127.0.0.1:0") {
  const lines: Line[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
  const house = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "localhost", proxyTrustedNetworks: ["127.0.0.1", "unix:"] },
      NetworkListener: [
        { name: "smtp", bind: [bind], socketMode: "0666", maxConnectionsPerAddress: 1 },
        { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true, maxConnectionsPerAddress: 1 },
      ],
    },
    { backend: {}, logger },
  );
  return { ...house, lines };
}

/** The proxy is another user. */
function folderOfAll(): string {
  const folder = temporaryDirectory();
  chmodSync(folder, 0o755);
  return folder;
}

async function talk(client: RawClient, proxy: ProxyProgram): Promise<void> {
  await Promise.race([client.until("220 "), proxy.failed]);
  client.socket.write("QUIT\r\n");
  await client.until("221 ");
  client.socket.end();
}

/** What a client of this end leaves behind: the event and the log line bear its address, and the proxy's beside it. */
async function expectNamed(
  house: Awaited<ReturnType<typeof gatehouse>>,
  peer: { address: string; port: number },
  onUnix = false,
) {
  const { connection, cause } = await house.event(
    "connection.closed",
    (event) => event.connection.peer.port === peer.port,
  );
  expect(cause).toBe("quit");
  expect(connection.peer).toEqual(peer);
  expect(connection.proxy?.peer.address).toBe(onUnix ? "unix" : "127.0.0.1");
  const line = house.lines.find(({ event, connection: id }) => event === "connection.closed" && id === connection.id);
  const text = peer.address.includes(":") ? `[${peer.address}]` : peer.address;
  expect(line?.["peer"]).toBe(`${text}:${peer.port}`);
  expect(line?.["proxy"]).toBe(onUnix ? "unix" : `127.0.0.1:${connection.proxy?.peer.port}`);
  return connection;
}

type StartProxy = (place: number | string, address: string) => Promise<ProxyProgram>;

const ofHaproxy =
  (server: string, options: Partial<HaproxyOptions> = {}): StartProxy =>
  (place, address) =>
    haproxy(place, { address, server, ...options });

const proxies: [string, string, StartProxy][] = [
  ["HAProxy with send-proxy", HAPROXY, ofHaproxy("send-proxy")],
  ["HAProxy with send-proxy-v2", HAPROXY, ofHaproxy("send-proxy-v2")],
  ["nginx with proxy_protocol on", NGINX, nginx],
];

for (const [name, program, start] of proxies) {
  describe.skipIf(!installed(program))(`behind ${name}`, () => {
    test.each(["127.0.0.1", "::1"])("an SMTP client of %s is named", async (address) => {
      const house = await gatehouse();
      await using proxy = await start(house.port("smtp"), address);
      const client = await rawClient(proxy.port, address);
      const port = client.socket.localPort ?? 0;
      await talk(client, proxy);
      await expectNamed(house, { address, port });
    });

    test("a client under implicit TLS is named", async () => {
      const house = await gatehouse();
      await using proxy = await start(house.port("submissions"), "127.0.0.1");
      const client = await Promise.race([tlsClient({ port: proxy.port }), proxy.failed]);
      const port = client.socket.localPort ?? 0;
      await talk(client, proxy);
      const { tls } = await expectNamed(house, { address: "127.0.0.1", port });
      expect(tls?.version).toBe("TLSv1.3");
    });

    test("the limits go by the client's address", async () => {
      const house = await gatehouse();
      await using proxy = await start(house.port("smtp"), "::1");
      const first = await rawClient(proxy.port, "::1");
      await Promise.race([first.until("220 "), proxy.failed]);
      const second = await rawClient(proxy.port, "::1");
      await second.until("421 4.3.2 ");
      const { peer, refusal } = await house.event("connection.refused");
      expect(peer).toEqual({ address: "::1", port: second.socket.localPort });
      expect(refusal).toEqual({ rule: "address-cap", limit: 1, current: 1 });
    });

    test("the same on a Unix socket: the client is named, limited and blocked by its own address", async () => {
      const path = join(folderOfAll(), "smtp.sock");
      const house = await gatehouse(`unix:${path}`);
      await using proxy = await start(path, "::1");
      const client = await rawClient(proxy.port, "::1");
      await Promise.race([client.until("220 "), proxy.failed]);
      await (await rawClient(proxy.port, "::1")).until("421 4.3.2 ");
      expect(house.gatehouse.connections()[0]?.peer.address).toBe("::1");
      await talk(client, proxy);
      await expectNamed(house, { address: "::1", port: client.socket.localPort ?? 0 }, true);
      house.gatehouse.block({ address: "::1" });
      await (await rawClient(proxy.port, "::1")).end;
      const refused = house.events.filter(({ type }) => type === "connection.refused");
      expect(refused).toMatchObject([{ refusal: { rule: "address-cap" } }, { refusal: { rule: "blocked" } }]);
    });
  });
}

describe.skipIf(!installed(HAPROXY))("behind HAProxy with send-proxy-v2-ssl, which ends TLS itself", () => {
  let pair: KeyPair;

  beforeAll(async () => {
    pair = await issue({ names: ["mail.example"], keyType: "rsa" });
  });

  test("an SMTP client is named, with what HAProxy knows of its TLS", async () => {
    const house = await gatehouse();
    await using proxy = await haproxy(house.port("smtp"), {
      bind: "ssl crt server.pem",
      server: "send-proxy-v2-ssl",
      files: { "server.pem": pair.certificate + pair.privateKey },
    });
    const client = watch(
      tlsConnect({ host: "127.0.0.1", port: proxy.port, ca: pair.certificate, servername: "mail.example" }),
    );
    await Promise.race([once(client.socket, "secureConnect"), proxy.failed]);
    const port = client.socket.localPort ?? 0;
    await talk(client, proxy);
    const { proxy: facts } = await expectNamed(house, { address: "127.0.0.1", port });
    expect(facts?.version).toBe(2);
    expect(facts?.tlvs?.ssl).toMatchObject({ client: { tls: true }, version: "TLSv1.3" });
  });
});
