/** Handlers in the form of the web: a `Request` in, a `Response` out. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { setImmediate as immediate } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { wrongAnswer } from "../contract-error.ts";
import type { HttpHandler } from "./http-handler.ts";
import type { RequestFacts } from "./request-facts.ts";

/** What Hono, Elysia, h3, Remix and others give: `app.fetch`. */
export type FetchHandler = (request: Request, facts: RequestFacts) => Response | Promise<Response>;

interface Call {
  readonly facts: RequestFacts;
  failed(error: unknown): void;
}

/** The same handler in Node's form. Its promise settles when the response has been written, and
 * rejects with what the handler, or the body of its response, threw. */
export function webHandler(fetch: FetchHandler): HttpHandler {
  const calls = new WeakMap<object, Call>();
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const call = calls.get(incoming);
      try {
        if (call) await send(responseOf(await fetch(request, call.facts)), incoming.method, outgoing as ServerResponse);
      } catch (error) {
        call?.failed(error);
      }
      return RESPONSE_ALREADY_SENT;
    },
    {
      // For HTTP/1.0, where a request may come without a name.
      hostname: "localhost",
      // Request and Response are the embedder's globals, not ours to replace.
      overrideGlobalObjects: false,
      // No Request can be made of what has come.
      errorHandler: () => new Response("Bad Request\n", { status: 400, headers: { Connection: "close" } }),
    },
  );
  return (incoming: IncomingMessage, outgoing, facts) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    calls.set(incoming, { facts, failed: reject });
    void listener(incoming, outgoing).then(() => resolve());
    return promise;
  };
}

/** Responses of another realm, or of a library's own making, are as good. @throws ProtocolContractError */
function responseOf(answered: unknown): Response {
  const response = answered as Partial<Response> | null | undefined;
  if (typeof response?.status === "number" && typeof response.headers?.forEach === "function")
    return answered as Response;
  throw wrongAnswer("The answer of fetch", "be a Response", answered);
}

async function send(response: Response, method: string | undefined, outgoing: ServerResponse): Promise<void> {
  const { body } = response;
  if (!body || method === "HEAD") {
    body?.cancel().catch(ignore);
    writeHead(response, outgoing);
    outgoing.end();
    return;
  }
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(ignore);
  outgoing.once("close", cancel);
  try {
    await pump(response, reader, outgoing);
  } finally {
    outgoing.off("close", cancel);
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function pump(response: Response, reader: Reader, outgoing: ServerResponse): Promise<void> {
  const first = await reader.read();
  const second = first.done ? first : reader.read();
  // Most bodies are one piece, whose length can be said: whether it was the last is known at once.
  const { done } = (await Promise.race([second, immediate(null)])) ?? { done: false };
  if (outgoing.destroyed) return;
  if (!first.done && !(first.value instanceof Uint8Array))
    throw wrongAnswer("The body of a Response", "be of octets", first.value);
  writeHead(response, outgoing, done ? (first.value?.byteLength ?? 0) : undefined);
  if (done) {
    outgoing.end(first.value);
    return;
  }
  await write(outgoing, first.value);
  for (let chunk = await second; !chunk.done && !outgoing.destroyed; chunk = await reader.read())
    await write(outgoing, chunk.value);
  if (!outgoing.destroyed) outgoing.end();
}

/** Resolves when more may be written. */
async function write(outgoing: ServerResponse, chunk: Uint8Array | undefined): Promise<void> {
  if (outgoing.write(chunk) || outgoing.destroyed) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      outgoing.off("drain", goOn);
      outgoing.off("close", goOn);
      resolve();
    };
    outgoing.on("drain", goOn);
    outgoing.on("close", goOn);
  });
}

function writeHead({ status, statusText, headers }: Response, outgoing: ServerResponse, length?: number): void {
  const fields: OutgoingHttpHeaders = {};
  headers.forEach((value, name) => {
    fields[name] = name === "set-cookie" ? headers.getSetCookie() : value;
  });
  if (length !== undefined && fields["transfer-encoding"] === undefined) fields["content-length"] ??= length;
  if (statusText === "") outgoing.writeHead(status, fields);
  else outgoing.writeHead(status, statusText, fields);
}

function ignore(): void {
  // The client has gone, and nobody wants the rest.
}
