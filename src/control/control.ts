/** Serves the routes on the socket, with limits on what is read and on how long it takes. */
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { listenAt, type PlacedSocket } from "./control-socket.ts";
import { type Controlled, controlRoutes } from "./routes.ts";

/** @throws ControlSocketError */
export function openControl(
  path: string,
  controlled: Controlled,
  options: { readonly replaces?: boolean } = {},
): Promise<PlacedSocket> {
  const routes = controlRoutes(controlled);
  const server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 8_192,
    },
    // Request and Response are the embedder's globals; do not replace them.
    getRequestListener(routes.fetch, { hostname: "localhost", overrideGlobalObjects: false }),
  );
  // A peer that neither sends nor reads for this long is disconnected.
  server.timeout = 60_000;
  server.maxConnections = 32;
  return listenAt(path, server, options);
}
