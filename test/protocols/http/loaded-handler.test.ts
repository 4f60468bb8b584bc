import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { HttpHandler } from "../../../src/protocols/http/http-handler.ts";
import { loadedHandler } from "../../../src/protocols/http/loaded-handler.ts";
import type { RequestFacts } from "../../../src/protocols/http/request-facts.ts";

const facts = {} as RequestFacts;

/** Answers with what was sent. */
const echo: HttpHandler = async (request, response) => {
  response.end(`${request.url} ${await text(request)}\n`);
};

/** Two requests of one client, the second sent before the first is answered. */
const pipelined =
  "POST /first HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none" +
  "POST /second HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo";

async function portOf(handler: HttpHandler, heard: (url: string) => void): Promise<number> {
  const server = createServer((request, response) => {
    // As a session does, for what rejects.
    Promise.resolve(handler(request, response, facts)).catch(() => response.writeHead(500).end());
    heard(request.url ?? "");
  });
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test("requests that come while their handler is being loaded are answered in order, with their bodies", async () => {
  const loading = Promise.withResolvers<HttpHandler>();
  const bothCame = Promise.withResolvers<void>();
  let loads = 0;
  const load = () => {
    loads += 1;
    return loading.promise;
  };
  const port = await portOf(loadedHandler(load), (url) => {
    if (url === "/second") bothCame.resolve();
  });

  const client = connect(port, "127.0.0.1");
  client.write(pipelined);
  await bothCame.promise;
  loading.resolve(echo);

  const answers = await text(client);
  expect(answers.match(/^\/.*$/gm)).toEqual(["/first one", "/second two"]);
  expect(loads).toBe(1);
});

test("once it is there it is called at once, and what it answers with is passed on", async () => {
  const handler = loadedHandler(async () => () => "answered");
  await handler({} as never, {} as never, facts);

  expect(handler({} as never, {} as never, facts)).toBe("answered");
});

test("a request whose handler cannot be loaded is refused, and the next one tries again", async () => {
  const attempts: (() => Promise<HttpHandler>)[] = [() => Promise.reject(new Error("gone")), async () => echo];
  const refuse = (error: unknown, response: ServerResponse) => {
    response.writeHead(503).end((error as Error).message);
  };
  const load = () => (attempts.shift() as () => Promise<HttpHandler>)();
  const port = await portOf(loadedHandler(load, refuse), () => {});
  const ask = () => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "again" });

  const refused = await ask();
  expect([refused.status, await refused.text()]).toEqual([503, "gone"]);
  const answered = await ask();
  expect([answered.status, await answered.text()]).toEqual([200, "/ again\n"]);
});

test("what the handler itself throws is not taken for a failure to load it", async () => {
  const handler = loadedHandler(
    async () => () => {
      throw new Error("its own");
    },
    () => "refused",
  );

  await expect(handler({} as never, {} as never, facts)).rejects.toThrow("its own");
});
