/** What an `http` listener answers: is it alive, is it ready, how is it doing. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

export interface Endpoints {
  /** `/readyz`: true while connections are accepted. */
  ready(): boolean;
  /** `/metrics`: the text and its content type. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `/healthz`, `/readyz` and `/metrics`, for GET and HEAD. */
export function httpEndpoints(endpoints: Endpoints): RequestListener {
  return (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      answer(response, { status: 405, text: "Only GET and HEAD are answered here.\n" });
      return;
    }
    switch (pathOf(request)) {
      case "/healthz":
        answer(response, { status: 200, text: "ok\n" });
        return;
      case "/readyz":
        answer(response, endpoints.ready() ? { status: 200, text: "ready\n" } : { status: 503, text: "not ready\n" });
        return;
      case "/metrics":
        endpoints.metrics().then(
          ({ contentType, text }) => answer(response, { status: 200, text, contentType }),
          () => answer(response, { status: 500, text: "The metrics could not be collected.\n" }),
        );
        return;
      default:
        answer(response, { status: 404, text: "Not found. Try /healthz, /readyz or /metrics.\n" });
    }
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly contentType?: string;
}

function answer(response: ServerResponse, { status, text, contentType }: Answer): void {
  response.writeHead(status, {
    "Content-Type": contentType ?? "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
  });
  response.end(text);
}
