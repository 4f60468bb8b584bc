/** The management of one Gatehouse: what it does, and who may, on its `http` listeners and on its control socket. */
import { errorOf, messageOf } from "./config/values/thrown.ts";
import type { Gatehouse } from "./gatehouse-contract.ts";
import { Authentication } from "./management/access/authentication.ts";
import { BrowserSessions } from "./management/access/browser-sessions.ts";
import { isManagementPath, managementListener } from "./management/http/management-listener.ts";
import { Management, type ManagementOptions } from "./management/management.ts";
import { packageVersion } from "./package-version.ts";
import type { Backend } from "./protocols/backend.ts";
import type { HttpHandler } from "./protocols/http/http-handler.ts";
import type { LoginFailures } from "./protocols/login-failures.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { healthPaths } from "./runtime/observe/http-endpoints.ts";
import type { Lifecycle } from "./runtime/observe/lifecycle.ts";
import type { Clock } from "./runtime/time/clock.ts";

export interface ManagementParts {
  readonly gatehouse: Gatehouse;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly failures: LoginFailures;
  /** Who may log in; undefined for nobody. */
  readonly authenticate: Backend["authenticate"];
}

export function managementOf({
  lifecycle,
  ...parts
}: Pick<ManagementParts, "gatehouse" | "lifecycle"> &
  Pick<ManagementOptions, "document" | "reload" | "renew">): Management {
  return new Management({
    ...parts,
    changed: (change) => lifecycle.emit({ type: "management.changed", ...change }),
    version: packageVersion(),
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

/** Answers HTTP at the paths of the management. */
export function managementHandler(management: Management, parts: ManagementParts): HttpHandler {
  const { gatehouse, lifecycle, clock, failures } = parts;
  const authentication = new Authentication({
    authenticate: (attempt) => parts.authenticate?.(attempt) ?? null,
    token: () => null,
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
  return managementListener({ management, gatehouse, authentication, sessions: new BrowserSessions(clock) });
}

/** Protocols of HTTP that an embedder has made leave the server its paths, unless they were told not to. */
export function leavePaths(
  protocols: readonly Protocol[],
  handlers: { readonly management: HttpHandler; readonly health: HttpHandler },
): void {
  for (const protocol of protocols) {
    if (!("leavePaths" in protocol) || typeof protocol.leavePaths !== "function") continue;
    protocol.leavePaths((path: string): HttpHandler | null => {
      if (isManagementPath(path)) return handlers.management;
      return healthPaths.has(path) ? handlers.health : null;
    });
  }
}
