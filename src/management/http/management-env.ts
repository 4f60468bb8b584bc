/** What the routes of the management know of a request beside itself. */
import type { Gatehouse } from "../../gatehouse-contract.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import type { Authentication } from "../access/authentication.ts";
import type { BrowserSessions } from "../access/browser-sessions.ts";
import type { Grant } from "../access/permissions.ts";
import type { Management } from "../management.ts";

/** Where somebody has been granted something. */
export interface GrantedEnv {
  readonly Variables: { readonly grant: Grant };
}

export interface ManagementEnv extends GrantedEnv {
  readonly Bindings: { readonly facts: ConnectionFacts };
}

export interface ListenerParts {
  readonly management: Management;
  readonly gatehouse: Gatehouse;
  readonly authentication: Authentication;
  readonly sessions: BrowserSessions;
}
