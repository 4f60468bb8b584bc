/** A handler at a path of its own: it sees each request as if it had the whole listener. */
import type { IncomingMessage } from "node:http";
import { requestPath } from "./request-path.ts";

const mounts = new WeakMap<IncomingMessage, string>();

/** The path that the handler of a request is mounted at, without a slash at its end; empty where it has all paths. */
export function mountOf(request: IncomingMessage): string {
  return mounts.get(request) ?? "";
}

/** Whether a path is below a mount; at the mount itself is below it too. */
export function isBelow(mount: string, path: string): boolean {
  return path === mount || path.startsWith(`${mount}/`);
}

/** Takes the mount off the target of a request. */
export function mountAt(mount: string, request: IncomingMessage): void {
  if (mount === "") return;
  const { url = "/" } = request;
  const query = url.indexOf("?");
  mounts.set(request, mount);
  request.url = (requestPath(request).slice(mount.length) || "/") + (query < 0 ? "" : url.slice(query));
}
