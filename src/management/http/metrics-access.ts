/** Who gets health and metrics, as `SystemSettings.metricsAccess` says: without it, who asks on loopback. */
import type { RequestListener } from "node:http";
import type { HttpHandler } from "../../protocols/http/http-handler.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import { type Asked, askedBy, isBrowser } from "../access/asked.ts";
import { judge, type Known } from "../access/judge.ts";
import { isBoundHere, isFromHere } from "../access/loopback.ts";
import { judgeHost, judgeOrigin } from "../access/origins.ts";
import { metricsPermission } from "../access/permissions.ts";
import { granted, type Judged, refused } from "../access/refusal.ts";
import { setSecurityFields } from "../console/security-fields.ts";
import { refuse } from "./problems.ts";

/** @param endpoints answers `/healthz`, `/readyz` and `/metrics` for those who may ask */
export function guardedEndpoints(endpoints: RequestListener, parts: Known): HttpHandler {
  return async (request, response, facts) => {
    setSecurityFields(response);
    const asked = askedBy(request, facts);
    const judged = await judgeReader(asked, requestPath(request), parts);
    if (judged.ok) endpoints(request, response);
    else refuse(response, judged.refusal, isBrowser(asked));
  };
}

async function judgeReader(asked: Asked, path: string, parts: Known): Promise<Judged<unknown>> {
  const { gatehouse } = parts;
  const { metricsAccess } = gatehouse.configuration.system;
  const isOpen = metricsAccess === "open";
  const isHere = isBoundHere(asked, gatehouse);
  // Health says nothing that is worth a name or a password on this machine, and balancers ask by names of their own.
  if (isOpen || (isHere && path !== "/metrics")) return granted(null);
  // A browser always says which host it asks for; what does not was not led here by another's name.
  const byHost = asked.host === undefined ? granted(null) : judgeHost(asked, gatehouse);
  if (!byHost.ok) return byHost;
  if (metricsAccess === null && isHere && isFromHere(asked)) return granted(null);
  const byOrigin = judgeOrigin(asked);
  if (!byOrigin.ok) return byOrigin;
  const judged = await judge(asked, parts);
  if (!judged.ok || judged.value.permissions.has(metricsPermission)) return judged;
  return refused(403, `${judged.value.who.name} has not the permission ${metricsPermission}.`);
}
