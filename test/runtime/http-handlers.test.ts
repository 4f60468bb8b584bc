/** Handlers of HTTP: in the web's form and in Node's, what they are told of the client, and under which names they run. */
import { text } from "node:stream/consumers";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { type FetchHandler, http, ProtocolOptionError, type RequestFacts } from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { type RawClient, rawClient, tlsClient } from "./raw-client.ts";

const web = { name: "web", protocol: "http", bind: ["127.0.0.1:0"] };

function webServer(fetch: FetchHandler, fields: object = {}): Promise<RunningGatehouse> {
  return runGatehouse([{ ...web, ...fields }], { protocols: [http({ fetch })] });
}

async function ask(client: RawClient, path = "/", fields = ""): Promise<void> {
  client.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`);
}

/** Its answer as a whole. */
async function answerTo(house: RunningGatehouse, request: string): Promise<string> {
  const client = await rawClient(house.port("web"));
  client.socket.write(request);
  expect(await client.end).toBe("fin");
  client.socket.end();
  return client.received();
}

const get = (path: string, fields = "") =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields}\r\n`;

describe("a handler in the form of the web", () => {
  test("answers as Hono does: routes, bodies in and out, cookies, streams", async () => {
    const app = new Hono<{ Bindings: RequestFacts }>();
    app.get("/hello/:name", (context) =>
      context.text(`Hello ${context.req.param("name")} from ${context.env.peer.address}`),
    );
    app.post("/echo", async (context) => context.json(await context.req.json(), 201));
    app.get("/cookies", (context) => {
      context.header("Set-Cookie", "a=1");
      context.header("Set-Cookie", "b=2", { append: true });
      return context.body(null, 204);
    });
    app.get("/stream", () => {
      const pieces = ["one", "two", "three"].map((piece) => Buffer.from(piece.repeat(50_000)));
      const pull = (to: ReadableStreamDefaultController): void => {
        const piece = pieces.shift();
        if (piece) to.enqueue(piece);
        else to.close();
      };
      return new Response(new ReadableStream({ pull }));
    });
    const house = await webServer((request, facts) => app.fetch(request, facts));
    const base = `http://127.0.0.1:${house.port("web")}`;
    const close = { headers: { Connection: "close" } };
    expect(await (await fetch(`${base}/hello/ann`, close)).text()).toBe("Hello ann from 127.0.0.1");
    const echoed = await fetch(`${base}/echo`, { ...close, method: "POST", body: '{"a":[1]}' });
    expect([echoed.status, await echoed.json()]).toEqual([201, { a: [1] }]);
    const cookies = await fetch(`${base}/cookies`, close);
    expect([cookies.status, cookies.headers.getSetCookie()]).toEqual([204, ["a=1", "b=2"]]);
    const streamed = await (await fetch(`${base}/stream`, close)).text();
    expect(streamed).toBe("one".repeat(50_000) + "two".repeat(50_000) + "three".repeat(50_000));
    expect((await fetch(`${base}/none`, close)).status).toBe(404);
  });

  test("has the length of a body in one piece said, and the body of HEAD left out", async () => {
    const house = await webServer(() => new Response("four", { statusText: "Fine", headers: { "X-A": "b" } }));
    const answer = await answerTo(house, get("/"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 Fine\r\n/);
    expect(answer.toLowerCase()).toContain("content-length: 4\r\n");
    expect(answer).toMatch(/\r\n\r\nfour$/);
    expect(await answerTo(house, get("/").replace("GET", "HEAD"))).toMatch(/\r\n\r\n$/);
  });

  test("has its stream cancelled when the client goes, and its signals aborted", async () => {
    const cancelled = Promise.withResolvers<void>();
    const signals = Promise.withResolvers<readonly AbortSignal[]>();
    const house = await webServer((request, facts) => {
      signals.resolve([request.signal, facts.signal]);
      return new Response(
        new ReadableStream({ pull: (to) => to.enqueue(Buffer.alloc(65_536)), cancel: () => cancelled.resolve() }),
      );
    });
    const client = await rawClient(house.port("web"));
    await ask(client);
    await client.until("200");
    client.socket.resetAndDestroy();
    await cancelled.promise;
    await house.event("connection.closed");
    expect((await signals.promise).map(({ aborted }) => aborted)).toEqual([true, true]);
    await expectNobodyInside(house);
  });
});

describe("a handler that fails", () => {
  const nothing = Object.create(null);
  const failures: [string, FetchHandler][] = [
    [
      "throws",
      () => {
        throw new Error("broken, secret");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("broken, secret");
      },
    ],
    [
      "throws null",
      () => {
        throw null;
      },
    ],
    [
      "throws what has no text",
      () => {
        throw nothing;
      },
    ],
    ["answers with undefined", () => undefined as never],
    ["answers with null, later", async () => null as never],
    ["answers with a string", () => "text" as never],
    [
      "answers with a body that was read before",
      () => {
        const response = new Response("x");
        void response.text();
        return response;
      },
    ],
    [
      "answers with a body that fails at once",
      () => new Response(new ReadableStream({ pull: () => Promise.reject(new Error("secret")) })),
    ],
    [
      "answers with a body of no octets",
      () => new Response(new ReadableStream({ start: (to) => to.enqueue({} as never) })),
    ],
    ["answers with a status of none", () => Response.error()],
  ];

  test.each(failures)("and %s is answered with 500, and the next client is served", async (_what, failing) => {
    const house = await webServer((request, facts) =>
      request.url.endsWith("/well") ? new Response("well") : failing(request, facts),
    );
    const answer = await answerTo(house, get("/"));
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    expect(answer).not.toContain("secret");
    await house.event("connection.sessionFailed");
    expect(await answerTo(house, get("/well"))).toMatch(/well$/);
    expect(house.events.filter(({ type }) => type === "connection.sessionFailed")).toHaveLength(1);
  });

  test("in the middle of its body has the connection ended without the body's end", async () => {
    let pulls = 0;
    const house = await webServer(
      () =>
        new Response(
          new ReadableStream({
            pull: (to) => (++pulls < 4 ? to.enqueue(Buffer.from("part")) : to.error(new Error("no more"))),
          }),
        ),
    );
    const answer = await answerTo(house, get("/"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/0\r\n\r\n$/);
    expect(await house.event("connection.sessionFailed")).toMatchObject({ error: new Error("no more") });
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["session-failed"]);
  });

  test.each([
    [
      "a thenable that rejects",
      (_answer: () => void) =>
        new Proxy(
          {},
          { get: (_, name) => (name === "then" ? (_: unknown, no: (error: unknown) => void) => no(null) : undefined) },
        ),
    ],
    ["something that is no promise", (answer: () => void) => void answer() as unknown],
    [
      "a write after the end",
      (answer: () => void, more: () => void) => {
        answer();
        more();
      },
    ],
  ])("in Node's form by %s kills nobody", async (_what, failing) => {
    const house = await runGatehouse([web], {
      protocols: [
        http({
          onRequest: (_request, response) =>
            failing(
              () => response.end("said"),
              () => response.write("more"),
            ),
        }),
      ],
    });
    expect(await answerTo(house, get("/"))).toMatch(/^HTTP\/1\.1 (?:500|200) /);
    expect(await answerTo(house, get("/"))).toMatch(/^HTTP\/1\.1 (?:500|200) /);
  });
});

describe("what a handler is told", () => {
  test("is the connection's id and listener, and under TLS the name, protocol and group that were settled", async () => {
    const seen: RequestFacts[] = [];
    const house = await webServer(
      (_request, facts) => {
        seen.push(facts);
        return Response.json(facts);
      },
      { tlsImplicit: true },
    );
    const port = house.port("web");
    const client = await tlsClient({ port, servername: "localhost", ALPNProtocols: ["http/1.1"], ecdhCurve: "X25519" });
    await ask(client);
    await client.until('"group":"x25519"');
    const [facts] = seen;
    const [connection] = house.gatehouse.connections();
    expect(facts).toMatchObject({
      id: connection?.id,
      listener: "web",
      generation: 1,
      clientAddress: "127.0.0.1",
      tls: { version: "TLSv1.3", serverName: "localhost", alpn: "http/1.1", group: "x25519" },
    });
    expect(facts?.signal.aborted).toBe(false);
    client.socket.destroy();
  });

  test("is the client's address behind PROXY, also on the socket", async () => {
    const house = await runGatehouse(
      { SystemSettings: { proxyTrustedNetworks: ["127.0.0.1"] }, NetworkListener: [web] },
      {
        protocols: [
          http({
            onRequest: ({ socket }, response, { peer, clientAddress }) => {
              const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = socket;
              response.end(
                JSON.stringify([remoteAddress, remotePort, remoteFamily, localAddress, localPort, peer, clientAddress]),
              );
            },
          }),
        ],
      },
    );
    const answer = await answerTo(house, `PROXY TCP6 2001:db8::1 2001:db8::2 1234 80\r\n${get("/")}`);
    expect(answer).toMatch(
      '["2001:db8::1",1234,"IPv6","2001:db8::2",80,{"address":"2001:db8::1","port":1234},"2001:db8::1"]',
    );
  });

  test("is whom a trusted proxy's field names, as the document in force says, also on a connection from before", async () => {
    const trusting = { forwardedTrustedNetworks: ["127.0.0.1"] };
    const house = await webServer((_request, { clientAddress }) => new Response(`<${clientAddress}>`));
    const client = await rawClient(house.port("web"));
    const fields = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n";
    const saidNext = async (): Promise<string> => {
      const before = client.received().length;
      await ask(client, "/", fields);
      await client.until(new RegExp(`^[^]{${before}}[^]*>`));
      return /<(.*)>/.exec(client.received().slice(before))?.[1] ?? "";
    };
    expect(await saidNext()).toBe("127.0.0.1");
    await house.gatehouse.reload([{ ...web, bind: [`127.0.0.1:${house.port("web")}`], ...trusting }]);
    expect(await saidNext()).toBe("192.0.2.1");
    await house.gatehouse.reload([
      { ...web, bind: [`127.0.0.1:${house.port("web")}`], ...trusting, forwardedField: "forwarded" },
    ]);
    expect(await saidNext()).toBe("192.0.2.2");
    client.socket.end();
  });

  test("ends by its signal when a drain has to cut the request", async () => {
    const aborted = Promise.withResolvers<void>();
    const house = await runGatehouse(
      { SystemSettings: { drainTimeout: 50 }, NetworkListener: [web] },
      {
        protocols: [
          http({
            fetch: (_request, { signal }) =>
              new Promise(() => signal.addEventListener("abort", () => aborted.resolve())),
          }),
        ],
      },
    );
    const client = await rawClient(house.port("web"));
    await ask(client);
    await house.event("connection.active");
    const stopped = house.gatehouse.stop();
    await aborted.promise;
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drain-timeout"]);
  });

  test("goes on as it was when the answer has left: the signal of an answered request is never aborted", async () => {
    const signals: AbortSignal[] = [];
    const house = await webServer((_request, { signal }) => {
      signals.push(signal);
      return new Response("well");
    });
    await answerTo(house, get("/"));
    await house.event("connection.closed");
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

describe("several protocols of HTTP", () => {
  const paths = ["/healthz", "/metrics", "/jmap/session", "/console/"];

  async function servedBy(listener: string, house: RunningGatehouse): Promise<readonly boolean[]> {
    const answers = paths.map(async (path) => {
      const answer = await fetch(`http://127.0.0.1:${house.port(listener)}${path}`, {
        headers: { Connection: "close" },
      });
      return (await answer.text()) !== "mine";
    });
    return Promise.all(answers);
  }

  test("stand under their own names beside the management, which keeps its paths to itself", async () => {
    const listener = (name: string, protocol: string) => ({ name, protocol, bind: ["127.0.0.1:0"] });
    const fetch = () => new Response("mine");
    const house = await runGatehouse(
      [listener("admin", "http"), listener("app", "app"), listener("inside", "both"), listener("outside", "both")],
      {
        protocols: [http({ name: "app", fetch }), http({ name: "both", fetch, management: { listeners: ["inside"] } })],
      },
    );
    expect(await servedBy("admin", house)).toEqual([true, true, true, true]);
    expect(await servedBy("app", house)).toEqual([false, false, false, false]);
    expect(await servedBy("inside", house)).toEqual([true, true, true, true]);
    expect(await servedBy("outside", house)).toEqual([false, false, false, false]);
  });

  test("one named http is in the place of the built-in one, and has the management unless it is told otherwise", async () => {
    const fetch = () => new Response("mine");
    const house = await runGatehouse([web], { protocols: [http({ fetch })] });
    expect(await servedBy("web", house)).toEqual([true, true, true, true]);
    const free = await runGatehouse([web], { protocols: [http({ fetch, management: false })] });
    expect(await servedBy("web", free)).toEqual([false, false, false, false]);
  });

  test.each([
    ["no handler", {}],
    ["two handlers", { fetch: () => new Response(), onRequest: () => {} }],
    ["a handler that is none", { fetch: "app" }],
  ])("with %s is refused when it is made", (_what, options) => {
    expect(() => http(options as never)).toThrow(ProtocolOptionError);
  });

  test("two of one name are refused", async () => {
    const app = () => http({ name: "app", fetch: () => new Response() });
    await expect(runGatehouse([web], { protocols: [app(), app()] })).rejects.toThrow('"app"');
  });
});

test("a body that is sent slowly reaches the handler as it comes", async () => {
  const house = await webServer(
    async (request) => new Response(`<${await text(request.body ?? new ReadableStream())}>`),
  );
  const client = await rawClient(house.port("web"));
  client.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
  await house.event("connection.active");
  client.socket.write("def");
  await client.until("<abcdef>");
  client.socket.end();
});
