/** Connections behind a trusted proxy, from the header's first byte to the client's address in everything. */
import { connect as tlsConnect } from "node:tls";
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside, openSockets } from "./ends.ts";
import { SIGNATURE, tlv, version2 } from "./proxy/encode-header.ts";
import { gone, type RawClient, rawClient, watch } from "./raw-client.ts";

const header1 = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n";
const client = { address: "192.0.2.1", port: 56_324 };
const destination = { address: "198.51.100.7", port: 25 };

function listeners(fields: object = {}) {
  return {
    SystemSettings: { defaultHostname: "localhost", proxyTrustedNetworks: ["127.0.0.0/8"] },
    NetworkListener: [
      { name: "smtp", bind: ["127.0.0.1:0"], ...fields },
      { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true, ...fields },
      { name: "http", protocol: "http", bind: ["127.0.0.1:0"], ...fields },
    ],
  };
}

const headers: [string, string | Buffer][] = [
  ["version 1", header1],
  ["version 2", version2({ tlvs: [tlv(0x02, "mail.example")], crc32c: true })],
];

async function oneByOne({ socket }: RawClient, bytes: string | Buffer): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of Buffer.from(bytes)) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(headers)("behind a header of %s", (name, header) => {
  test.each(["in one segment with the dialogue", "byte by byte"])(
    "an SMTP client bears its own address, %s",
    async (manner) => {
      const house = await runGatehouse(listeners(), { backend: {} });
      const proxy = await rawClient(house.port("smtp"));
      if (manner === "byte by byte") await oneByOne(proxy, header);
      // HELO comes before its turn, with the header.
      else proxy.socket.write(Buffer.concat([Buffer.from(header), Buffer.from("HELO client\r\n")]));
      await proxy.until("220 ");
      if (manner === "byte by byte") proxy.socket.write("HELO client\r\n");
      await proxy.until("250 ");
      const [inside] = house.gatehouse.connections();
      expect(inside).toMatchObject({
        peer: client,
        local: destination,
        proxy: { peer: { address: "127.0.0.1", port: proxy.socket.localPort }, version: name === "version 1" ? 1 : 2 },
      });
      expect(inside?.proxy?.tlvs?.authority).toBe(name === "version 1" ? undefined : "mail.example");
      proxy.socket.end("QUIT\r\n");
      const closed = await house.event("connection.closed");
      expect(closed.connection).toMatchObject({ peer: client, local: destination });
      expect(closed.durations.proxyHeader).toBeGreaterThan(0);
      await gone(proxy);
      await expectNobodyInside(house);
    },
  );

  test("the TLS handshake follows", async () => {
    const house = await runGatehouse(listeners(), { backend: {} });
    const proxy = await rawClient(house.port("submissions"));
    proxy.socket.removeAllListeners("data");
    proxy.socket.write(header);
    const secure = watch(tlsConnect({ socket: proxy.socket, rejectUnauthorized: false }));
    secure.socket.write("QUIT\r\n");
    await secure.until("221 ");
    secure.socket.end();
    const closed = await house.event("connection.closed");
    expect(closed).toMatchObject({ cause: "quit", connection: { peer: client, tls: { version: "TLSv1.3" } } });
  });

  test.each(["in one segment with the request", "byte by byte"])("HTTP answers, %s", async (manner) => {
    const house = await runGatehouse(listeners(), { backend: {} });
    const proxy = await rawClient(house.port("http"));
    const request = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    if (manner === "byte by byte") await oneByOne(proxy, Buffer.concat([Buffer.from(header), Buffer.from(request)]));
    else proxy.socket.write(Buffer.concat([Buffer.from(header), Buffer.from(request)]));
    await proxy.until("HTTP/1.1 200 OK");
    proxy.socket.end();
    expect((await house.event("connection.closed")).connection.peer).toEqual(client);
  });
});

test.each([
  ["UNKNOWN", "PROXY UNKNOWN\r\n"],
  ["LOCAL", version2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) })],
])("%s leaves the proxy its own address", async (_, header) => {
  const house = await runGatehouse(listeners(), { backend: {} });
  const proxy = await rawClient(house.port("smtp"));
  proxy.socket.write(header);
  await proxy.until("220 ");
  const own = { address: "127.0.0.1", port: proxy.socket.localPort };
  expect(house.gatehouse.connections()[0]).toMatchObject({ peer: own, proxy: { peer: own } });
});

test("from a peer that is not trusted no header is looked for", async () => {
  const house = await runGatehouse(listeners({ overrideProxyTrustedNetworks: ["192.0.2.0/24"] }), { backend: {} });
  const stranger = await rawClient(house.port("smtp"));
  await stranger.until("220 ");
  stranger.socket.write(header1);
  await stranger.until("500 ");
  expect(house.gatehouse.connections()[0]).toMatchObject({ peer: { address: "127.0.0.1" }, proxy: null });
});

test.each([
  ["no header", "EHLO client\r\n", "signature"],
  ["a broken line", "PROXY TCP4 192.0.2.1\r\n", "malformed"],
  ["a wrong checksum", version2({ tlvs: [tlv(0x03, Buffer.from([1, 2, 3, 4]))] }), "crc32c"],
  ["a length beyond all measure", Buffer.concat([SIGNATURE, Buffer.from("2111ffff", "hex")]), "oversized"],
])("%s from a trusted proxy closes the connection, and the reason is said", async (_, bytes, reason) => {
  const house = await runGatehouse(listeners(), { backend: {} });
  const proxy = await rawClient(house.port("smtp"));
  proxy.socket.write(bytes);
  const rejected = await house.event("connection.proxyRejected");
  expect(rejected.reason).toBe(reason);
  expect(rejected.detail).toMatch(/^PROXY header: /);
  expect((await house.event("connection.closed")).cause).toBe("proxy-invalid");
  await proxy.end;
  expect(proxy.received()).toBe("");
  expect(await house.gatehouse.metrics.registry.metrics()).toContain(
    `gatehouse_proxy_header_failures_total{listener="smtp",reason="${reason}"} 1`,
  );
  await expectNobodyInside(house);
});

test("a late header closes the connection at proxyTimeout, exactly", async () => {
  const clock = new SimulatedClock();
  const house = await runGatehouse(listeners({ proxyTimeout: 700 }), { backend: {}, clock });
  const sockets = openSockets();
  const proxy = await rawClient(house.port("smtp"));
  proxy.socket.write(header1.slice(0, 20));
  await house.event("connection.proxyHeader");
  clock.increment(699);
  expect(causes(house.events)).toEqual([]);
  clock.increment(1);
  expect(causes(house.events)).toEqual(["proxy-timeout"]);
  await proxy.end;
  await gone(proxy);
  expect(openSockets()).toBe(sockets);
  expect(await house.gatehouse.metrics.registry.metrics()).toContain(
    'gatehouse_proxy_header_failures_total{listener="smtp",reason="timeout"} 1',
  );
  await expectNobodyInside(house);
});

test("a proxy that closes its side before its header is complete has ended", async () => {
  const house = await runGatehouse(listeners(), { backend: {} });
  const proxy = await rawClient(house.port("smtp"));
  proxy.socket.end(header1.slice(0, 20));
  expect((await house.event("connection.closed")).cause).toBe("peer-ended");
  await proxy.end;
  await expectNobodyInside(house);
});

test("a header, a whole dialogue and FIN in one segment get their replies", async () => {
  const house = await runGatehouse(listeners(), { backend: {} });
  const proxy = await rawClient(house.port("smtp"));
  proxy.socket.end(`${header1}EHLO client\r\nNOOP\r\nQUIT\r\n`);
  await proxy.until("221 ");
  expect((await house.event("connection.closed")).connection.peer).toEqual(client);
});

test("a drain while the header is awaited ends the connection when it has come", async () => {
  const house = await runGatehouse(listeners(), { backend: {} });
  const proxy = await rawClient(house.port("smtp"));
  await house.event("connection.proxyHeader");
  const stopped = house.gatehouse.stop();
  await house.event("listener.draining");
  proxy.socket.end(header1);
  await stopped;
  expect(causes(house.events)).toEqual(["drained"]);
  expect(proxy.received()).toContain("421 4.3.2 ");
});
