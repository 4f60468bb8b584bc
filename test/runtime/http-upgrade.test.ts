/** Connections of HTTP that become another protocol's: who gets them, what is left of them, and how they end. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { http, type UpgradeHandler } from "../../src/index.ts";
import { installed, run } from "../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { rawClient } from "./raw-client.ts";

const web = { name: "web", protocol: "http", bind: ["127.0.0.1:0"] };

function upgrading(onUpgrade: UpgradeHandler, fields: object = {}): Promise<RunningGatehouse> {
  return runGatehouse(
    { SystemSettings: { drainTimeout: 200, proxyTrustedNetworks: [] }, NetworkListener: [{ ...web, ...fields }] },
    { protocols: [http({ fetch: ({ url }) => new Response(`<${new URL(url).pathname}>`), onUpgrade })] },
  );
}

const asking = (path: string, fields = "") =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: shout\r\n${fields}\r\n`;
const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n";

/** Gives back what it gets in capitals. */
const shout: UpgradeHandler = (_request, { socket, head }) => {
  const say = (octets: Buffer) => socket.write(octets.toString().toUpperCase());
  socket.write(switching);
  if (head.length > 0) say(head);
  socket.on("data", say);
  socket.on("end", () => socket.end());
};

describe("an upgrade", () => {
  test("has all that the client has sent behind its request, once", async () => {
    const house = await upgrading(shout);
    const client = await rawClient(house.port("web"));
    client.socket.write(`GET /before HTTP/1.1\r\nHost: x\r\n\r\n${asking("/")}early\r\n\r\n`);
    await client.until("EARLY\r\n\r\n");
    expect(client.received()).toContain("</before>");
    client.socket.write("late\r\n\r\n");
    await client.until("EARLY\r\n\r\nLATE\r\n\r\n");
    client.socket.end();
    expect(await client.end).toBe("fin");
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["quit"]);
    await expectNobodyInside(house);
  });

  test("waits for the answer to the request before it", async () => {
    const answer = Promise.withResolvers<void>();
    const house = await runGatehouse([web], {
      protocols: [
        http({
          onUpgrade: shout,
          onRequest: (request, response) => {
            request.resume();
            void answer.promise.then(() => response.end("first"));
          },
        }),
      ],
    });
    const client = await rawClient(house.port("web"));
    client.socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody${asking("/")}x`);
    await house.event("connection.active");
    setImmediate(answer.resolve);
    expect(await client.until(/X$/)).toMatch(/^HTTP\/1\.1 200 .*first.*HTTP\/1\.1 101 .*X$/s);
    client.socket.destroy();
  });

  test.each([
    ["to h2c", "Upgrade: h2c\r\nConnection: HTTP2-Settings\r\n", "<\\/>"],
    ["with a body", "Content-Length: 1\r\n", "<\\/>"],
    ["without a valid Host", "Host: localhost\r\n", "400 "],
  ])("%s is answered like any other request", async (_what, fields, said) => {
    const house = await upgrading(shout);
    const client = await rawClient(house.port("web"));
    client.socket.write(`${asking("/", fields)}x`);
    await client.until(new RegExp(said));
    expect(client.received()).not.toContain("101");
    client.socket.destroy();
  });

  test("at a path of the management's is the management's", async () => {
    const house = await upgrading(shout);
    const client = await rawClient(house.port("web"));
    client.socket.write(asking("/healthz"));
    await client.until("ok\n");
    client.socket.destroy();
  });

  test.each<[string, UpgradeHandler]>([
    [
      "throws",
      () => {
        throw null;
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("secret");
      },
    ],
  ])("whose handler %s is answered with 500", async (_what, failing) => {
    const house = await upgrading(failing);
    const client = await rawClient(house.port("web"));
    client.socket.write(asking("/"));
    expect(await client.end).toBe("fin");
    expect(client.received()).toMatch(/^HTTP\/1\.1 500 /);
    expect(client.received()).not.toContain("secret");
    client.socket.end();
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["session-failed"]);
    expect(house.events.filter(({ type }) => type === "connection.sessionFailed")).toHaveLength(1);
  });

  test("is asked to finish by its signal, and is cut after drainTimeout", async () => {
    const seen: string[] = [];
    const house = await upgrading((request, stream, facts) => {
      facts.draining.addEventListener("abort", () => seen.push("draining"));
      facts.signal.addEventListener("abort", () => seen.push("cut"));
      shout(request, stream, facts);
    });
    const client = await rawClient(house.port("web"));
    client.socket.write(asking("/"));
    await client.until("101");
    const stopped = house.gatehouse.stop();
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
    expect(seen).toEqual(["draining", "cut"]);
    expect(causes(house.events)).toEqual(["drain-timeout"]);
  });
});

test("WebSocket by ws, under TLS, carries messages both ways and ends with its own words at a drain", async () => {
  const server = new WebSocketServer({ noServer: true });
  const house = await upgrading(
    (request, { socket, head }, { draining, tls }) =>
      server.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("message", (message) => webSocket.send(`${tls?.version} ${String(message).length}`));
        draining.addEventListener("abort", () => webSocket.close(1001, "later"));
      }),
    { tlsImplicit: true },
  );
  const client = new WebSocket(`wss://127.0.0.1:${house.port("web")}`, { rejectUnauthorized: false });
  await once(client, "open");
  client.send("x".repeat(300_000));
  expect(String((await once(client, "message"))[0])).toBe("TLSv1.3 300000");
  const closed = once(client, "close");
  await house.gatehouse.stop();
  expect((await closed).map(String)).toEqual(["1001", "later"]);
  expect(causes(house.events)).toEqual(["drained"]);
});

test.skipIf(!installed("curl"))("curl that asks for HTTP/2 in clear is answered in HTTP/1.1", async () => {
  const house = await upgrading(shout);
  const { stdout } = await run("curl", ["-sS", "--http2", `http://127.0.0.1:${house.port("web")}/tea`]);
  expect(stdout).toBe("</tea>");
});
