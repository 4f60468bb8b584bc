/** The management over HTTP, for whoever may: which requests are its, whence they may come, and who asks. */
import type { IncomingMessage } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Gatehouse } from "../../gatehouse-contract.ts";
import type { HttpHandler } from "../../protocols/http/http-handler.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import { accountStates, sessionCookie } from "../access/browser-sessions.ts";
import { judgeHost, judgeOrigin } from "../access/origins.ts";
import type { Grant } from "../access/permissions.ts";
import { granted, type Judged, refused } from "../access/refusal.ts";
import { consoleHandler, isConsolePath } from "../console/handler.ts";
import { jmapRoutes } from "./jmap-routes.ts";
import { loginPaths, loginRoutes } from "./login-routes.ts";
import type { ListenerParts, ManagementEnv } from "./management-env.ts";
import { problemAnswer, refusalAnswer } from "./problems.ts";
import { schemaRoutes } from "./schema-routes.ts";

/** Whether the management answers at this path, be it by "there is no such thing". */
export function isManagementPath(path: string): boolean {
  return /^\/(?:jmap|console)(?:\/|$)|^\/\.well-known\/jmap$|^\/api\/schema(?:\/|$)/.test(path);
}

export function managementListener(parts: ListenerParts): HttpHandler {
  const routes = managementRoutes(parts);
  const factsOf = new WeakMap<object, ConnectionFacts>();
  // Request and Response are the embedder's globals, not ours to replace.
  const listener = getRequestListener(
    (request, { incoming }) => routes.fetch(request, { facts: factsOf.get(incoming) }),
    { hostname: "localhost", overrideGlobalObjects: false },
  );
  const page = consoleHandler();
  return (request: IncomingMessage, response, facts) => {
    const path = requestPath(request);
    if (isConsolePath(path) && !loginPaths.has(path)) {
      const judged = hostOf(parts.gatehouse, request.headers.host, facts);
      if (judged.ok) return page(request, response);
      response.writeHead(judged.refusal.status, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(`${judged.refusal.detail}\n`);
      return undefined;
    }
    factsOf.set(request, facts);
    return listener(request, response);
  };
}

function managementRoutes(parts: ListenerParts): Hono<ManagementEnv> {
  const routes = new Hono<ManagementEnv>();
  routes.use(securityFields);
  routes.use(fromHere(parts.gatehouse));
  routes.route("/", loginRoutes(parts));
  for (const path of ["/jmap", "/jmap/*", "/api/*"]) routes.use(path, forGrant(parts));
  routes.route("/", jmapRoutes(parts.management));
  routes.route("/", schemaRoutes());
  routes.notFound((context) =>
    problemAnswer({
      type: "about:blank",
      status: 404,
      detail: `There is no ${context.req.method} ${context.req.path} here.`,
    }),
  );
  return routes;
}

/** Nothing comes from elsewhere, runs inline, or is shown in the frame of another page. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const securityFields: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("Content-Security-Policy", contentSecurityPolicy);
  context.header("X-Content-Type-Options", "nosniff");
  context.header("Referrer-Policy", "no-referrer");
  context.header("Cross-Origin-Resource-Policy", "same-origin");
};

/** Whether the name that was asked for is one of this server's. */
function hostOf(gatehouse: Gatehouse, host: string | undefined, facts: ConnectionFacts): Judged<null> {
  const listener = gatehouse.listeners().find(({ name }) => name === facts.listener);
  const addresses = listener?.addresses.map(({ address }) => address) ?? [];
  const { defaultHostname } = gatehouse.configuration.system;
  return judgeHost(host, { defaultHostname, addresses, facts });
}

function fromHere(gatehouse: Gatehouse): MiddlewareHandler<ManagementEnv> {
  return async ({ req, env }, next) => {
    const host = req.header("Host");
    const byHost = hostOf(gatehouse, host, env.facts);
    if (!byHost.ok) return refusalAnswer(byHost.refusal, false);
    const byOrigin = judgeOrigin({ origin: req.header("Origin"), host, site: req.header("Sec-Fetch-Site") });
    if (!byOrigin.ok) return refusalAnswer(byOrigin.refusal, true);
    return next();
  };
}

function forGrant({ gatehouse, authentication, sessions }: ListenerParts): MiddlewareHandler<ManagementEnv> {
  return async (context, next) => {
    const judged = await judge(context, { gatehouse, authentication, sessions });
    if (!judged.ok) return refusalAnswer(judged.refusal, isBrowser(context));
    context.set("grant", judged.value);
    return next();
  };
}

async function judge(
  { req, env }: Context<ManagementEnv>,
  { gatehouse, authentication, sessions }: Pick<ListenerParts, "gatehouse" | "authentication" | "sessions">,
): Promise<Judged<Grant>> {
  const authorization = req.header("Authorization");
  if (authorization !== undefined) {
    return authentication.byHeader(authorization, { facts: env.facts, signal: req.raw.signal });
  }
  const cookie = sessionCookie(req.header("Cookie"));
  const grant = cookie === null ? null : sessions.grantOf(cookie, accountStates(gatehouse));
  if (grant === null) return refused(401, "Log in: by Basic, by a token, or on the console's page.");
  // Browsers say whose page posts; what does not may have been made to.
  if (req.method !== "GET" && req.method !== "HEAD" && req.header("Origin") === undefined)
    return refused(403, "With the cookie of a browser the field Origin is needed.");
  return granted(grant);
}

/** Fields of Fetch Metadata are sent by browsers alone. */
function isBrowser({ req }: Context): boolean {
  return req.header("Sec-Fetch-Mode") !== undefined;
}
