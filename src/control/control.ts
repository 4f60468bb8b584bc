/** Answers at the control socket, with limits on what is read and on how long it takes. */
import type { RequestListener, ServerResponse } from "node:http";
import type { Gatehouse } from "../gatehouse-contract.ts";
import { controlSocketName } from "../management/access/control-socket-name.ts";
import type { Management } from "../management/management.ts";
import { onDemand } from "../on-demand.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";
import type { PastReload } from "../runtime/reload/reload-history.ts";
import { listenAt, type PlacedSocket } from "./control-socket.ts";
import { problemOf, statusOf } from "./problems.ts";

// An import would load all that `node:http` exports, and with `WebSocket` a whole client (6 MB).
const { createServer } = process.getBuiltinModule("node:http");

export interface Controlled {
  readonly gatehouse: Gatehouse;
  management(): Promise<Management>;
  /** Reads the document again and puts it into force. */
  reload(): Promise<ReloadReport>;
  /** The newest of them, carried out or rejected; null before the start. */
  newestReload(): PastReload | null;
}

/** @throws ControlSocketError */
export function openControl(
  path: string,
  controlled: Controlled,
  options: { readonly replaces?: boolean } = {},
): Promise<PlacedSocket> {
  const server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 8_192,
    },
    answers(controlled),
  );
  // A peer that neither sends nor reads for this long is disconnected.
  server.timeout = 60_000;
  server.maxConnections = 32;
  return listenAt(path, server, options);
}

/** The routes are loaded with the first request: many servers get none. */
function answers({ gatehouse, management, reload, newestReload }: Controlled): RequestListener {
  let routes: Promise<RequestListener> | null = null;
  const load = async (): Promise<RequestListener> => {
    const [{ controlListener }, managing] = await Promise.all([
      onDemand(() => import("./control-listener.ts")),
      management(),
    ]);
    return controlListener({ gatehouse, management: managing, reload, newestReload });
  };
  return (request, response) => {
    const failed = (error: unknown): void => answer(response, { status: statusOf(error), body: problemOf(error) });
    // Needs nothing that is loaded now: the files on disk may be the new version's already.
    if (request.method === "POST" && request.url === "/upgrade") {
      const upgrading = gatehouse.upgrade({ by: controlSocketName });
      upgrading.then((report) => answer(response, { status: 200, body: report }), failed);
      return;
    }
    routes ??= load();
    routes.then(
      (listener) => listener(request, response),
      (error: unknown) => {
        routes = null;
        failed(error);
      },
    );
  };
}

function answer(response: ServerResponse, { status, body }: { readonly status: number; readonly body: unknown }): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) })
    .end(text);
}
