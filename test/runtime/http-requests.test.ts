/** What HTTP's listeners make of requests as browsers, probes, proxies and attackers send them. */
import { describe, expect, test } from "vitest";
import { tapWire } from "../real/wire-tap.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { rawClient, tlsClient } from "./raw-client.ts";

const listeners = [
  { name: "clear", protocol: "http", bind: ["127.0.0.1:0"] },
  { name: "secure", protocol: "http", bind: ["127.0.0.1:0"], tlsImplicit: true },
];

function server(): Promise<RunningGatehouse> {
  return runGatehouse(
    { SystemSettings: { defaultHostname: "localhost" }, NetworkListener: listeners },
    { backend: {} },
  );
}

/** Sends this, and gives all that came until the server closed. */
async function ask(house: RunningGatehouse, request: string): Promise<string> {
  const client = await rawClient(house.port("clear"));
  client.socket.write(request);
  expect(await client.end).toBe("fin");
  client.socket.end();
  return client.received();
}

const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
const closing = "Connection: close\r\n\r\n";

describe("a request", () => {
  test.each([
    ["GET /healthz HTTP/1.1\r\nHost: x", 200],
    ["GET /healthz?full HTTP/1.1\r\nHost: x", 200],
    ["HEAD /readyz HTTP/1.1\r\nHost: x", 200],
    ["GET http://x/healthz HTTP/1.1\r\nHost: x", 200],
    ["GET HTTPS://other:443/healthz?full HTTP/1.1\r\nHost: x", 200],
    ["GET http://x HTTP/1.1\r\nHost: x", 404],
    ["GET //healthz HTTP/1.1\r\nHost: x", 404],
    ["GET /healthz HTTP/1.0", 200],
    ["GET http://x/healthz HTTP/1.0", 200],
    ["POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3", 405],
    ["TRACE / HTTP/1.1\r\nHost: x", 405],
    ["OPTIONS * HTTP/1.1\r\nHost: x", 405],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x", 200],
    ["POST / HTTP/1.1\r\nHost: x\r\nExpect: the-best\r\nContent-Length: 3", 417],
    ["CONNECT x:25 HTTP/1.1\r\nHost: x", 405],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked", 400],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4", 400],
    ["GET /healthz HTTP/1.1\r\nHost : x", 400],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked", 400],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity", 400],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:", 400],
    ["GET /healthz HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked", 400],
    ["GET /healthz HTTP/2.0\r\nHost: x", 505],
    ["GET /healthz HTTP/3.7\r\nHost: x", 400],
    ["EHLO client.example", 400],
    [`GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: ${"x".repeat(20_000)}`, 431],
  ])("%j is answered with %i, and the answer is whole although more was sent", async (head, expected) => {
    const house = await server();
    const answer = await ask(house, `${head}\r\n${closing}${"more ".repeat(40_000)}`);
    expect(status(answer)).toBe(expected);
    expect(answer.toLowerCase()).toContain("connection: close");
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual([expected === 400 || expected === 431 ? "protocol-error" : "quit"]);
    await expectNobodyInside(house);
  });

  test.each([
    ["GET http:///healthz HTTP/1.1\r\nHost: x", 400],
    ["GET http://user@x/healthz HTTP/1.1\r\nHost: x", 400],
    ["GET http://x:99999/healthz HTTP/1.1\r\nHost: x", 400],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", 200],
    ["POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked", 405],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked", 501],
  ])("%j with an empty body is answered with %i, and is the last of its connection", async (head, expected) => {
    const house = await server();
    const answer = await ask(house, `${head}\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(status(answer)).toBe(expected);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  test("may wait for 100 Continue, and has its final answer where nobody wants its body", async () => {
    const house = await server();
    const answer = await ask(house, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 405 /);
  });

  test("is answered although its client has ended its side", async () => {
    const house = await server();
    const client = await rawClient(house.port("clear"));
    client.socket.end("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await client.end).toBe("fin");
    expect(client.received().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(client.received()).toContain("gatehouse_connections");
  });
});

describe("Host", () => {
  const fields = [
    [200, "HTTP/1.1", "Host:"],
    [200, "HTTP/1.1", "Host: localhost:8080"],
    [200, "HTTP/1.1", "host: LOCALHOST:"],
    [200, "HTTP/1.1", "Host: [::1]:80"],
    [200, "HTTP/1.1", "Host: a_b-c.~%20!$&'()*+,;="],
    [200, "HTTP/1.0", "Host: x"],
    [400, "HTTP/1.1", ""],
    [400, "HTTP/1.1", "Host: x\r\nHost: x"],
    [400, "HTTP/1.1", "Host: x\r\nhOST:"],
    [400, "HTTP/1.1", "Host: x, y z"],
    [400, "HTTP/1.1", "Host: http://x"],
    [400, "HTTP/1.1", "Host: user@x"],
    [400, "HTTP/1.1", "Host: x/path"],
    [400, "HTTP/1.1", "Host: x:port"],
    [400, "HTTP/1.1", "Host: x:1:2"],
    [400, "HTTP/1.1", "Host: [::1"],
    [400, "HTTP/1.1", "Host: %zz"],
    [400, "HTTP/1.1", "Host: bücher.example"],
    [400, "HTTP/1.0", "Host: x\r\nHost: y"],
    [400, "HTTP/1.0", "Host: <x>"],
  ] as const;

  test("is there once, and valid, or the request is refused; HTTP/1.0 may do without", async () => {
    const house = await server();
    for (const [expected, version, field] of fields) {
      for (const target of ["/healthz", "http://x/healthz"]) {
        const head = `GET ${target} ${version}\r\n${field}${field && "\r\n"}`;
        expect([head, status(await ask(house, `${head}${closing}`))]).toEqual([head, expected]);
      }
    }
  });
});

test("a bad request under TLS is answered, told goodbye by close_notify, and not reset", async () => {
  const house = await server();
  const tap = await tapWire(house.port("secure"));
  // TLS 1.2 says in clear what a record is for.
  const client = await tlsClient({ port: tap.port, maxVersion: "TLSv1.2" });
  client.socket.write(`GET /healthz HTTP/1.1\r\nNo field\r\n\r\n${"more ".repeat(40_000)}`);
  expect(await client.end).toBe("fin");
  expect(client.received()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\n$/);
  expect(recordTypes(tap.received()).slice(-2)).toEqual([applicationData, alert]);
  client.socket.end();
  expect(await house.event("connection.closed")).toMatchObject({ cause: "protocol-error" });
});

const applicationData = 0x17;
const alert = 0x15;

function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes.readUInt8(at));
  return types;
}
