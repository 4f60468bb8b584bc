/** The routes as a listener of `node:http`. */
import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type ControlledParts, controlRoutes } from "./routes.ts";

export function controlListener(parts: ControlledParts): RequestListener {
  // Request and Response are the embedder's globals; do not replace them.
  return getRequestListener(controlRoutes(parts).fetch, { hostname: "localhost", overrideGlobalObjects: false });
}
