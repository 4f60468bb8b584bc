/** HTTP/2: chosen by ALPN or by the client's first words, the same for handlers as HTTP/1.1, and drained without a loss. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { type HttpOptions, http, type RequestFacts } from "../../src/index.ts";
import { installed } from "../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { type FrameClient, frame, frameClient, goAwayOf, request, type } from "./frame-client.ts";

const web = { name: "web", protocol: "app", bind: ["127.0.0.1:0"], tlsImplicit: true };
const clear = { ...web, tlsImplicit: false };
const run = promisify(execFile);

function serve(options: HttpOptions, fields: object = {}, listener: object = web): Promise<RunningGatehouse> {
  return runGatehouse([{ ...listener, ...fields }], { protocols: [http({ name: "app", ...options })] });
}

async function session(house: RunningGatehouse): Promise<ClientHttp2Session> {
  const client = connect(`https://127.0.0.1:${house.port("web")}`, { rejectUnauthorized: false });
  onTestFinished(() => client.destroy());
  await once(client, "connect");
  return client;
}

interface Answer {
  readonly status: number;
  readonly fields: Record<string, unknown>;
  readonly body: string;
}

/** @throws the error of a stream that is reset */
async function ask(client: ClientHttp2Session, fields: Record<string, string> = {}, body?: string): Promise<Answer> {
  const stream = client.request({ ":path": "/", ...fields }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [answered] = await once(stream, "response");
  return { status: answered[":status"], fields: answered, body: await text(stream) };
}

/** A handler that waits to be let go. */
function held() {
  const asked: { readonly path: string; readonly facts: RequestFacts; answer(body: string): void }[] = [];
  const fetch = ({ url }: Request, facts: RequestFacts) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    asked.push({ path: new URL(url).pathname, facts, answer: (body) => resolve(new Response(body)) });
    return promise;
  };
  return { asked, fetch };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe("which version is spoken", () => {
  const named = { fetch: ({ url }: Request, { tls }: RequestFacts) => new Response(`${tls?.alpn} ${url}`) };

  test.runIf(installed("curl"))("is settled by ALPN under TLS: curl gets the one that it asks for", async () => {
    const house = await serve(named);
    const url = `https://127.0.0.1:${house.port("web")}/`;
    const curl = async (version: string) => (await run("curl", ["-sk", version, "-w", " %{http_version}", url])).stdout;
    expect(await curl("--http2")).toBe(`h2 ${url} 2`);
    expect(await curl("--http1.1")).toBe(`http/1.1 ${url} 1.1`);
  });

  test.runIf(installed("curl"))("is told in clear by the client's first words", async () => {
    const house = await serve(named, {}, clear);
    const url = `http://127.0.0.1:${house.port("web")}/`;
    const curl = async (version: string) => (await run("curl", ["-s", version, "-w", " %{http_version}", url])).stdout;
    expect(await curl("--http2-prior-knowledge")).toBe(`undefined ${url} 2`);
    expect(await curl("--http1.1")).toBe(`undefined ${url} 1.1`);
  });

  test("is HTTP/1.1 alone with http2: false, and for handlers in Node's form unless they ask for more", async () => {
    const offered = async (house: RunningGatehouse) => {
      const client = connect(`https://127.0.0.1:${house.port("web")}`, { rejectUnauthorized: false });
      const [error] = await once(client, "error");
      return error.code;
    };
    expect(await offered(await serve(named, { http2: false }))).toBe("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
    const onRequest = () => {};
    expect(await offered(await serve({ onRequest }))).toBe("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
  });

  test("changes with a reload for those who come afterwards", async () => {
    const house = await serve(named, {}, clear);
    const before = await frameClient(house.port("web"));
    await before.next(type.settings);
    const bind = [`127.0.0.1:${house.port("web")}`];
    await house.gatehouse.reload([{ ...clear, bind, http2: false }]);
    before.send(request(1));
    expect((await before.next(type.data, 1)).payload.toString()).toContain("http://localhost/");
    const after = await frameClient(house.port("web"));
    await expect(after.next(type.settings)).rejects.toThrow("ended (fin)");
  });
});

describe("a handler is told the same over HTTP/2", () => {
  test("facts, host, cookies in one field, the body, and the client that a trusted proxy names", async () => {
    const house = await serve(
      {
        fetch: async (request, facts) =>
          Response.json({
            facts,
            url: request.url,
            host: request.headers.get("host"),
            cookie: request.headers.get("cookie"),
            body: await request.text(),
          }),
      },
      { forwardedTrustedNetworks: ["127.0.0.1"] },
    );
    const client = await session(house);
    const fields = { ":method": "POST", ":path": "/a?b", "x-forwarded-for": "192.0.2.7", cookie: "a=1; b=2" };
    const told = JSON.parse((await ask(client, fields, "words")).body);
    const host = `127.0.0.1:${house.port("web")}`;
    expect(told).toMatchObject({ url: `https://${host}/a?b`, host, cookie: "a=1; b=2", body: "words" });
    expect(told.facts).toMatchObject({ listener: "web", clientAddress: "192.0.2.7", tls: { alpn: "h2" } });
    expect(told.facts.id).toBe(house.gatehouse.connections()[0]?.id);
  });

  test("in Node's form: the connection itself is its socket, with the client behind PROXY", async () => {
    const house = await serve(
      {
        http2: true,
        onRequest: (request, response) => {
          const { remoteAddress, remotePort } = request.socket;
          // What only HTTP/1.1 has is left out.
          response.setHeader("Connection", "close");
          const fields = { "Transfer-Encoding": "chunked", "X-Version": request.httpVersion };
          (response as ServerResponse).writeHead(200, fields);
          (response as ServerResponse).end(`${remoteAddress} ${remotePort} ${request.headers.host}`);
        },
      },
      { overrideProxyTrustedNetworks: ["127.0.0.1"] },
      clear,
    );
    const socket = connectSocket(house.port("web"), "127.0.0.1");
    socket.write("PROXY TCP4 192.0.2.9 192.0.2.1 4711 443\r\n");
    const client = connect("http://here.example", { createConnection: () => socket });
    onTestFinished(() => client.destroy());
    const { status, fields, body } = await ask(client);
    expect([status, fields["x-version"], body]).toEqual([200, "2.0", "192.0.2.9 4711 here.example:80"]);
  });

  test("its signal is aborted when the client resets the stream, and the others go on", async () => {
    const { asked, fetch } = held();
    const house = await serve({ fetch });
    const client = await session(house);
    const given = client.request({ ":path": "/given-up" });
    const other = ask(client, { ":path": "/other" });
    await until(() => asked.length === 2);
    const aborted = once(asked[0]?.facts.signal as AbortSignal, "abort");
    given.close(8);
    await aborted;
    expect(asked[1]?.facts.signal.aborted).toBe(false);
    asked[1]?.answer("here");
    expect((await other).body).toBe("here");
  });

  test("one that throws is a 500, and is reported; a body that fails resets its stream; the connection goes on", async () => {
    const begun = Promise.withResolvers<void>();
    const failing = new ReadableStream({
      start: (to) => to.enqueue(Buffer.alloc(1_000)),
      async pull() {
        await begun.promise;
        throw new Error("in the body");
      },
    });
    const answers: Record<string, () => Response> = {
      "/throws": () => {
        throw new Error("in the handler");
      },
      "/body": () => new Response(failing),
    };
    const house = await serve({ fetch: ({ url }) => answers[new URL(url).pathname]?.() ?? new Response("here") });
    const client = await session(house);
    expect(await ask(client, { ":path": "/throws" })).toMatchObject({ status: 500, body: "Internal Server Error\n" });
    const stream = client.request({ ":path": "/body" });
    await once(stream, "response");
    begun.resolve();
    await expect(text(stream)).rejects.toThrow("NGHTTP2_INTERNAL_ERROR");
    expect((await ask(client)).body).toBe("here");
    const errors = house.events.flatMap((event) => (event.type === "connection.sessionFailed" ? [event.error] : []));
    expect(errors.map(String)).toEqual(["Error: in the handler", "Error: in the body"]);
  });
});

describe("a request", () => {
  test("needs one host that is valid, and is refused alone", async () => {
    const house = await serve({ fetch: () => new Response("here") });
    const client = await session(house);
    const refused: Record<string, string>[] = [
      { ":authority": "a b" },
      { ":authority": "user@host" },
      { ":authority": "" },
      { ":authority": ":443" },
      { ":authority": "one", host: "another" },
      { ":scheme": "ftp" },
    ];
    for (const fields of refused) {
      // By `node:http2`, or by us.
      const how = await ask(client, fields).then(
        ({ status }) => status,
        ({ message }) => message,
      );
      expect([400, "Stream closed with error code NGHTTP2_PROTOCOL_ERROR"], JSON.stringify(fields)).toContain(how);
    }
    expect((await ask(client, { expect: "wonders" })).status).toBe(417);
    expect((await ask(client, { ":authority": "Host.example:8443", host: "host.EXAMPLE:8443" })).status).toBe(200);
  });

  test("with a larger header than maxHeaderSize, or with too many fields, is refused with its stream", async () => {
    const house = await serve({ maxHeaderSize: 2_000, fetch: () => new Response("here") });
    const client = await session(house);
    expect((await ask(client, { "x-long": "a".repeat(1_990) })).status).toBe(431);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, ""]));
    await expect(ask(client, many)).rejects.toThrow("NGHTTP2_ENHANCE_YOUR_CALM");
    expect((await ask(client)).status).toBe(200);
  });

  test("whose body does not come within requestTimeout gets 408, and its stream ends", async () => {
    const times = { headersTimeout: 50, requestTimeout: 50 };
    const house = await serve({ ...times, fetch: async (request) => new Response(await request.text()) });
    const client = await session(house);
    const stream = client.request({ ":path": "/", ":method": "POST" });
    const [answered] = await once(stream, "response");
    expect(answered[":status"]).toBe(408);
    expect((await ask(client)).status).toBe(200);
  });
});

describe("a connection that is drained", () => {
  test("has every request answered that was on its way before the client knew", async () => {
    const { asked, fetch } = held();
    const house = await serve({ fetch }, {}, clear);
    const client = await frameClient(house.port("web"));
    client.send(request(1));
    await until(() => asked.length === 1);
    const stopped = house.gatehouse.stop();
    const announced = goAwayOf(await client.next(type.goAway));
    expect(announced).toEqual({ lastStream: 2 ** 31 - 1, code: 0 });
    expect(asked[0]?.facts.draining.aborted).toBe(true);
    const ping = await client.next(type.ping);
    // It has sent this before it has read that.
    client.send(request(3), acknowledgement(ping.payload));
    expect(goAwayOf(await client.next(type.goAway))).toEqual({ lastStream: 3, code: 0 });
    // And this afterwards, which a client must not: it may ask again elsewhere.
    client.send(request(5));
    expect((await client.next(type.resetStream, 5)).payload.readUInt32BE(0)).toBe(7);
    for (const one of asked) one.answer("here");
    await expectAnswers(client, [1, 3]);
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
    expect(asked.length).toBe(2);
    expect(causes(house.events)).toEqual(["drained"]);
    await expectNobodyInside(house);
  });

  test("and idle ends at once, and after drainIdleTimeout where the client says nothing", async () => {
    const house = await serve({ drainIdleTimeout: 50, fetch: () => new Response("here") }, {}, clear);
    const talking = await frameClient(house.port("web"));
    const silent = await frameClient(house.port("web"));
    for (const client of [talking, silent]) await client.next(type.settings);
    const stopped = house.gatehouse.stop();
    talking.send(acknowledgement((await talking.next(type.ping)).payload));
    for (const client of [talking, silent]) {
      expect(await client.end).toBe("fin");
      client.socket.end();
    }
    await stopped;
    expect(causes(house.events)).toEqual(["drained", "drained"]);
  });

  test("is cut after drainTimeout, and its handlers are told", async () => {
    const { asked, fetch } = held();
    const house = await runGatehouse(
      { SystemSettings: { drainTimeout: 50 }, NetworkListener: { web: { ...clear, name: undefined } } },
      { protocols: [http({ name: "app", fetch })] },
    );
    const client = await frameClient(house.port("web"));
    client.send(request(1));
    await until(() => asked.length === 1);
    await house.gatehouse.stop();
    expect(asked[0]?.facts.signal.aborted).toBe(true);
    expect(causes(house.events)).toEqual(["drain-timeout"]);
  });

  test("before it has said in which version it speaks has its first request answered", async () => {
    const house = await serve({ fetch: () => new Response("here") }, {}, clear);
    const socket = connectSocket({ port: house.port("web"), host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await house.event("connection.active");
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    const client = connect("http://here.example", { createConnection: () => socket });
    expect((await ask(client)).body).toBe("here");
    await stopped;
    expect(causes(house.events)).toEqual(["drained"]);
  });

  test("idle for keepAliveTimeout is ended the same way", async () => {
    const house = await serve({ keepAliveTimeout: 50, fetch: () => new Response("here") });
    const client = await session(house);
    expect((await ask(client)).body).toBe("here");
    await once(client, "close");
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["idle-timeout"]);
  });
});

test.runIf(installed("h2load"))("h2load loses no request while its listener is renamed again and again", async () => {
  const house = await serve({ fetch: () => new Response("here") }, {}, clear);
  const port = house.port("web");
  const rename = (name: string) => house.gatehouse.reload([{ ...clear, name, bind: [`127.0.0.1:${port}`] }]);
  await rename("with-port");
  const load = run("h2load", ["-n", "1500", "-c", "8", "-m", "8", `http://127.0.0.1:${port}/`]);
  let over = false;
  void load.finally(() => {
    over = true;
  });
  for (let index = 0; !over; index++) await rename(`web-${index}`);
  const { stdout } = await load;
  // It opens no other connection, so those that it has not begun with are failed.
  const [, begun, done, succeeded] = /(\d+) started, (\d+) done, (\d+) succeeded/.exec(stdout) ?? [];
  expect([done, succeeded]).toEqual([begun, begun]);
  expect(Number(begun)).toBeGreaterThan(0);
});

function acknowledgement(payload: Buffer): Buffer {
  return frame({ type: type.ping, flags: 1, payload });
}

async function expectAnswers(client: FrameClient, streams: readonly number[]): Promise<void> {
  for (const stream of streams) expect((await client.next(type.data, stream)).payload.toString()).toBe("here");
}
