/** The management of one Gatehouse: what it does, and who may, on its `http` listeners and on its control socket. */
import type { RequestListener } from "node:http";
import { errorOf, messageOf } from "./config/values/thrown.ts";
import type { Gatehouse } from "./gatehouse-contract.ts";
import { Authentication } from "./management/access/authentication.ts";
import { BrowserSessions } from "./management/access/browser-sessions.ts";
import { Tokens } from "./management/access/tokens.ts";
import { leadToConsole, toConsole } from "./management/http/front-door.ts";
import type { ListenerParts } from "./management/http/management-env.ts";
import { isManagementPath, managementListener } from "./management/http/management-listener.ts";
import { guardedEndpoints } from "./management/http/metrics-access.ts";
import type { Management, ManagementOptions } from "./management/management.ts";
import { onDemand } from "./on-demand.ts";
import type { Backend } from "./protocols/backend.ts";
import type { HttpHandler } from "./protocols/http/http-handler.ts";
import type { HttpProtocol } from "./protocols/http/index.ts";
import type { LoginFailures } from "./protocols/login-failures.ts";
import { healthPaths } from "./runtime/observe/http-endpoints.ts";
import type { Lifecycle } from "./runtime/observe/lifecycle.ts";
import { type Clock, dateOf } from "./runtime/time/clock.ts";

export { leadToConsole };

export interface ManagementParts extends Pick<ListenerParts, "flows" | "watchers"> {
  readonly gatehouse: Gatehouse;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly failures: LoginFailures;
  /** The names of those that the embedder has registered. */
  readonly protocols: readonly string[];
  /** Answers at the paths of health and metrics, for whoever may. */
  readonly health: RequestListener;
  /** Where tokens are kept. */
  readonly dataDirectory: string;
  /** Who may log in; undefined for nobody. */
  readonly authenticate: Backend["authenticate"];
}

/** @throws ProgramReplacedError */
export async function managementOf({
  lifecycle,
  ...parts
}: Pick<ManagementParts, "gatehouse" | "lifecycle"> &
  Pick<ManagementOptions, "document" | "ends" | "reloads" | "reload" | "renew">): Promise<Management> {
  const { Management } = await onDemand(() => import("./management/management.ts"));
  return new Management({
    ...parts,
    changed: (change) => lifecycle.emit({ type: "management.changed", ...change }),
    failed: (method, error) =>
      lifecycle.emit({
        type: "server.warning",
        ...{
          code: "management-failed",
          text: `The method ${method} of the management API failed: ${messageOf(error)}.`,
        },
      }),
  });
}

export interface ManagementHandlers {
  /** Answers at the paths of the management. */
  readonly management: HttpHandler;
  /** Answers at those of health and metrics. */
  readonly health: HttpHandler;
}

/** @param management is asked for with the first request that needs it */
export function managementHandlers(management: () => Promise<Management>, parts: ManagementParts): ManagementHandlers {
  const { gatehouse, lifecycle, clock, failures, protocols, flows, watchers } = parts;
  const tokens = new Tokens(parts.dataDirectory);
  const authentication = new Authentication({
    authenticate: (attempt) => parts.authenticate?.(attempt) ?? null,
    token: (text) => tokens.grantOf(text, dateOf(clock)),
    failures,
    clock,
    document: () => gatehouse.configuration,
    failed: (attempt) => lifecycle.emit({ type: "session.authenticationFailed", ...attempt }),
    backendFailed: (error, connection) =>
      lifecycle.emit({
        type: "session.backendFailed",
        operation: "authenticate",
        error: errorOf(error),
        connection,
      }),
  });
  const known = { gatehouse, authentication, sessions: new BrowserSessions(clock) };
  const loadRoutes = async (): Promise<HttpHandler> => {
    const loading = onDemand(() => import("./management/http/management-routes.ts"));
    const [{ managementRoutes }, ours] = await Promise.all([loading, management()]);
    return managementRoutes({ ...known, management: ours, protocols, lifecycle, clock, flows, watchers });
  };
  return {
    management: managementListener(gatehouse, loadRoutes),
    health: guardedEndpoints(parts.health, known),
  };
}

/**
 * A protocol of HTTP leaves the server its paths, unless its option `management` says otherwise. Where they are below a path
 * of their own, this path leads to the console.
 */
export function leavePaths(protocol: HttpProtocol, handlers: ManagementHandlers): void {
  protocol.leavePaths((path, mount) => {
    if (isManagementPath(path)) return handlers.management;
    if (path === "/" && mount !== "") return toConsole;
    return healthPaths.has(path) ? handlers.health : null;
  });
}
