/** What an `http` listener answers: liveness, readiness, metrics. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { requestPath } from "../../protocols/http/request-path.ts";
import type { Clock } from "../time/clock.ts";

export interface Endpoints {
  /** `/readyz`: true while connections are accepted. */
  ready(): boolean;
  /** `/metrics`: the text and its content type. Called once a second at most. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  readonly clock: Clock;
}

/** Where these answer. */
export const healthPaths: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** `/healthz`, `/readyz` and `/metrics`, for GET and HEAD. */
export function httpEndpoints(endpoints: Endpoints): RequestListener {
  const metrics = onceASecond(endpoints.clock, async (): Promise<Answer> => {
    const { contentType, text } = await endpoints.metrics();
    return { status: 200, body: Buffer.from(text), contentType };
  });
  return (request, response) => {
    if (hasBody(request)) response.setHeader("Connection", "close");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      answer(response, { status: 405, body: "Only GET and HEAD are answered here.\n" });
      return;
    }
    switch (requestPath(request)) {
      case "/healthz":
        answer(response, { status: 200, body: "ok\n" });
        return;
      case "/readyz":
        answer(response, endpoints.ready() ? { status: 200, body: "ready\n" } : { status: 503, body: "not ready\n" });
        return;
      case "/metrics":
        metrics().then(
          (collected) => answer(response, collected),
          () => answer(response, { status: 500, body: "The metrics could not be collected.\n" }),
        );
        return;
      default:
        answer(response, { status: 404, body: "Not found. Try /healthz, /readyz or /metrics.\n" });
    }
  };
}

/** Repeated calls within a second share one result, since collecting is the expensive part. Failures are not kept. */
function onceASecond<Result>(clock: Clock, collect: () => Promise<Result>): () => Promise<Result> {
  let collected: { readonly at: number; readonly result: Promise<Result> } | null = null;
  return () => {
    const now = clock.now();
    if (collected && now - collected.at < 1_000) return collected.result;
    const mine = { at: now, result: collect() };
    collected = mine;
    mine.result.catch(() => {
      if (collected === mine) collected = null;
    });
    return mine.result;
  };
}

/** Bodies are not read here: the connection ends with the answer, instead of waiting for the body. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly contentType?: string;
}

function answer(response: ServerResponse, { status, body, contentType }: Answer): void {
  response.writeHead(status, {
    "Content-Type": contentType ?? "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}
