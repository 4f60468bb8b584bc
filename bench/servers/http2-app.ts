/** One small answer for each request over HTTP/2 in clear: by bare `node:http2`, or by a listener of Gatehouse's. */
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import { createGatehouse, http } from "../../src/index.ts";
import { answer } from "./answers.ts";
import { listen } from "./listen.ts";

export interface Http2AppVariant {
  readonly server: "bare" | "gatehouse";
  /** The form of the handler: Node's, or the web's, which `@hono/node-server` makes of Node's for the bare server. */
  readonly form: "onRequest" | "fetch";
}

/** What both versions' responses can do. */
interface Answering {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(words: string): unknown;
}

const { server, form } = JSON.parse(process.argv[2] ?? "{}") as Http2AppVariant;
const words = "here\n";
const headers = { "content-type": "text/plain", "content-length": String(words.length) };

const fetch = (): Response => new Response(words, { headers });
const onRequest = (_request: unknown, response: Answering): void => {
  response.writeHead(200, headers);
  response.end(words);
};

answer(server === "bare" ? await bare() : await gatehouse());

function bare(): Promise<number> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  return listen(
    form === "fetch"
      ? createServer((request: Http2ServerRequest, response: Http2ServerResponse) => void listener(request, response))
      : createServer(onRequest),
  );
}

async function gatehouse(): Promise<number> {
  const app = form === "fetch" ? http({ name: "app", fetch }) : http({ name: "app", onRequest, http2: true });
  const house = createGatehouse({
    config: [{ name: "web", protocol: "app", bind: ["127.0.0.1:0"], useTls: false }],
    protocols: [app],
  });
  await house.start();
  return house.listeners()[0]?.addresses[0]?.port ?? 0;
}
