/** The management over HTTP: which requests it answers, and which of them need no more than files. */
import type { Gatehouse } from "../../gatehouse-contract.ts";
import type { HttpHandler } from "../../protocols/http/http-handler.ts";
import { loadedHandler } from "../../protocols/http/loaded-handler.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import { askedBy } from "../access/asked.ts";
import { judgeHost } from "../access/origins.ts";
import { consoleHandler, isConsolePath } from "../console/handler.ts";
import { setSecurityFields } from "../console/security-fields.ts";
import { refuse } from "./problems.ts";

/** Whether the management answers at this path, even if only with "there is no such thing". */
export function isManagementPath(path: string): boolean {
  return /^\/(?:jmap|console)(?:\/|$)|^\/\.well-known\/jmap$|^\/api\/schema(?:\/|$)/.test(path);
}

/** Below the console's path, but no files of it. */
const loginPaths: ReadonlySet<string> = new Set(["/console/login", "/console/logout"]);

/** @param loadRoutes loads what answers all but the console's files, with the first request: many servers get none. */
export function managementListener(gatehouse: Gatehouse, loadRoutes: () => Promise<HttpHandler>): HttpHandler {
  const routes = loadedHandler(loadRoutes, (_, response) => {
    setSecurityFields(response);
    refuse(response, { status: 503, detail: notLoaded }, false);
  });
  const page = consoleHandler();
  return (request, response, facts) => {
    const path = requestPath(request);
    if (!isConsolePath(path) || loginPaths.has(path)) return routes(request, response, facts);
    const judged = judgeHost(askedBy(request, facts), gatehouse);
    if (judged.ok) return page(request, response);
    setSecurityFields(response);
    return refuse(response, judged.refusal, false);
  };
}

/** To whoever asks: which versions these are is not said. */
const notLoaded =
  'This part of the program cannot be loaded: upgrade the server ("gatehouse upgrade") if another version was installed, or restart it.';
