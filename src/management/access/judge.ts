/** Who asks, whichever way a request says so: by the field `Authorization`, or by the cookie of a browser that has logged in. */
import type { Gatehouse } from "../../gatehouse-contract.ts";
import type { Asked } from "./asked.ts";
import { type Authentication, judgeWire } from "./authentication.ts";
import { accountStates, type BrowserSessions, sessionCookie } from "./browser-sessions.ts";
import type { Grant } from "./permissions.ts";
import { granted, type Judged, refused } from "./refusal.ts";

export interface Known {
  readonly gatehouse: Gatehouse;
  readonly authentication: Authentication;
  readonly sessions: BrowserSessions;
}

export async function judge(asked: Asked, { gatehouse, authentication, sessions }: Known): Promise<Judged<Grant>> {
  const { method, field, facts } = asked;
  const authorization = field("authorization");
  if (authorization !== undefined) return authentication.byHeader(authorization, asked);
  const cookie = sessionCookie(asked);
  const onWire = cookie === null ? granted(null) : judgeWire(facts);
  if (!onWire.ok) return onWire;
  const grant = cookie === null ? null : sessions.grantOf(cookie, accountStates(gatehouse));
  if (grant === null) return refused(401, "Log in: by Basic, by a token, or on the console's page.");
  // Browsers say whose page posts; what does not may have been made to.
  if (method !== "GET" && method !== "HEAD" && field("origin") === undefined)
    return refused(403, "With the cookie of a browser the field Origin is needed.");
  return granted(grant);
}
