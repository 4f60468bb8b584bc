/** How requests of one HTTP connection are answered: one after the other, to a client that reads. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HttpOptions, http } from "../../src/index.ts";
import { httpEndpoints } from "../../src/runtime/observe/http-endpoints.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { rawClient } from "./raw-client.ts";

function webServer(options: HttpOptions): Promise<RunningGatehouse> {
  return runGatehouse([{ name: "web", protocol: "http", bind: ["127.0.0.1:0"] }], { protocols: [http(options)] });
}

/** Requests in the order in which they came; each is answered when the test says so. */
function answeredByHand() {
  const requests: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = [];
  let told = () => {};
  return {
    requests,
    onRequest: (request: IncomingMessage, response: ServerResponse) => {
      requests.push({ request, response });
      told();
    },
    async next(count: number): Promise<ServerResponse> {
      while (requests.length < count) await new Promise<void>((resolve) => (told = resolve));
      const { response } = requests[count - 1] ?? {};
      if (!response) throw new Error("There is no such request.");
      return response;
    },
  };
}

describe("requests that were sent at once", () => {
  test("are answered in their order, the next one when the answer before it has left", async () => {
    const hand = answeredByHand();
    const house = await webServer({ onRequest: hand.onRequest });
    const client = await rawClient(house.port("web"));
    const count = 300;
    client.socket.write(Array.from({ length: count }, (_, at) => `GET /${at} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
    for (let at = 1; at <= count; at++) {
      const response = await hand.next(at);
      expect(hand.requests).toHaveLength(at);
      response.end(`answer ${at}\n`);
    }
    const said = await client.until(`answer ${count}\n`);
    expect(said.match(/(?<=answer )\d+/g)).toEqual(Array.from({ length: count }, (_, at) => String(at + 1)));
  });

  test("are not read on while one is answered, and the others are dropped with the last one", async () => {
    const hand = answeredByHand();
    const house = await webServer({ onRequest: hand.onRequest });
    const client = await rawClient(house.port("web"));
    const flood = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100_000);
    client.socket.write(flood);
    const response = await hand.next(1);
    const read = () => house.gatehouse.connections()[0]?.bytesRead ?? 0;
    await expect.poll(() => client.socket.writableLength).toBeLessThan(flood.length);
    for (let turn = 0; turn < 100; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(read()).toBeLessThan(300_000);
    expect(hand.requests).toHaveLength(1);
    response.setHeader("Connection", "close");
    response.end("last");
    await client.until("last");
    expect(await client.end).toBe("fin");
    client.socket.destroy();
    await house.event("connection.closed");
    expect(hand.requests).toHaveLength(1);
    await expectNobodyInside(house);
  });

  test("are all answered, with their bodies, however they are cut", async () => {
    const house = await webServer({
      onRequest: async (request, response) => {
        const body = await text(request);
        // Some answers take a turn longer than others.
        if (request.url === "/late") await new Promise((resolve) => setImmediate(resolve));
        response.end(`<${request.method} ${request.url} ${body}>`);
      },
    });
    const path = fc.constantFrom("/", "/late", "/other");
    const body = fc.stringMatching(/^(?:[a-z]|\r\n){0,20}$/);
    const request = fc.oneof(
      path.map((url) => ({ head: `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`, said: `<GET ${url} >` })),
      fc.tuple(path, body).map(([url, sent]) => ({
        head: `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: ${sent.length}\r\n\r\n${sent}`,
        said: `<POST ${url} ${sent}>`,
      })),
      fc.tuple(path, body).map(([url, sent]) => ({
        head:
          `PUT ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n` +
          `${sent && `${sent.length.toString(16)}\r\n${sent}\r\n`}0\r\n\r\n`,
        said: `<PUT ${url} ${sent}>`,
      })),
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 8 }), cuts, async (requests, lengths) => {
        const client = await rawClient(house.port("web"));
        client.socket.setNoDelay(true);
        let rest = requests.map(({ head }) => head).join("");
        for (const length of lengths) {
          client.socket.write(rest.slice(0, length));
          rest = rest.slice(length);
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        client.socket.end(rest);
        expect(await client.end).toBe("fin");
        expect(client.received().match(/<[^>]*>/g)).toEqual(requests.map(({ said }) => said));
      }),
      { numRuns: 60 },
    );
    expect(new Set(causes(house.events))).toEqual(new Set(["quit"]));
  });

  test("have what cannot be read refused after the answers before it", async () => {
    const hand = answeredByHand();
    const house = await webServer({ onRequest: hand.onRequest });
    const client = await rawClient(house.port("web"));
    client.socket.write(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyNONSENSE\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    );
    (await hand.next(1)).end("first");
    expect(await client.end).toBe("fin");
    expect(client.received()).toMatch(/first.*HTTP\/1\.1 400 Bad Request\r\n/s);
    expect(hand.requests).toHaveLength(1);
  });
});

describe("a client that does not read", () => {
  test("is given up after writeTimeout, although it goes on to ask", async () => {
    const answer = Buffer.alloc(16 * 1024 * 1024, "x");
    const house = await webServer({ writeTimeout: 100, onRequest: (_request, response) => void response.end(answer) });
    const client = await rawClient(house.port("web"));
    client.socket.pause();
    client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10));
    await house.event("connection.closing");
    client.socket.destroy();
    expect(await house.event("connection.closed")).toMatchObject({ cause: "write-timeout" });
    await expectNobodyInside(house);
  });

  test("is not given up while it waits for its answer", async () => {
    const house = await webServer({
      writeTimeout: 10,
      onRequest: async (_request, response) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        response.end("late");
      },
    });
    const client = await rawClient(house.port("web"));
    client.socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await client.end).toBe("fin");
    client.socket.end();
    expect(client.received()).toMatch(/late$/);
    expect(await house.event("connection.closed")).toMatchObject({ cause: "quit" });
  });
});

describe("whoever answers", () => {
  test.each([
    [
      "throws",
      () => {
        throw new Error("No answer");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("No answer");
      },
    ],
  ])("and %s has said 500, and the error is told", async (_what, onRequest: () => void) => {
    const house = await webServer({ onRequest });
    const client = await rawClient(house.port("web"));
    client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await client.end).toBe("fin");
    expect(client.received()).toMatch(/^HTTP\/1\.1 500 /);
    expect(await house.event("connection.sessionFailed")).toMatchObject({ error: new Error("No answer") });
  });

  test("and throws in mid-answer ends the connection", async () => {
    const house = await webServer({
      onRequest: (_request, response) => {
        response.writeHead(200, { "Content-Length": 10 }).write("five!");
        throw new Error("No more");
      },
    });
    const client = await rawClient(house.port("web"));
    client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await client.end).toBe("fin");
    client.socket.end();
    expect(client.received()).toMatch(/five!$/);
    expect(await house.event("connection.closed")).toMatchObject({ cause: "session-failed" });
  });
});

test("a kept-alive connection on which nothing comes is ended in order", async () => {
  const house = await webServer({ keepAliveTimeout: 1, onRequest: (_request, response) => void response.end("hello") });
  const client = await rawClient(house.port("web"));
  client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await client.end).toBe("fin");
  client.socket.end();
  expect(await house.event("connection.closed")).toMatchObject({ cause: "idle-timeout" });
});

test("metrics are collected once a second, however often they are asked for", async () => {
  let now = 0;
  let collected = 0;
  const clock = { now: () => now, setTimeout, clearTimeout: (id: unknown) => clearTimeout(id as NodeJS.Timeout) };
  const onRequest = httpEndpoints({
    clock,
    ready: () => true,
    metrics: async () => {
      collected++;
      if (collected === 2) throw new Error("Not now");
      return { contentType: "text/plain", text: `collected ${collected}` };
    },
  });
  const house = await webServer({ onRequest, management: false });
  const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${house.port("web")}/metrics`)).text();
  const first = await Promise.all(Array.from({ length: 20 }, ask));
  expect([...new Set(first), collected]).toEqual(["collected 1", 1]);
  now = 999;
  expect(await ask()).toBe("collected 1");
  now = 1_000;
  expect(await ask()).toContain("could not be collected");
  expect(await ask()).toBe("collected 3");
});
