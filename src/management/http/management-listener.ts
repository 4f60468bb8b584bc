/** The management over HTTP: which requests it answers, where they may come from, and who asks. */
import { getRequestListener } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import type { HttpHandler } from "../../protocols/http/http-handler.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import { type Asked, askedBy, isBrowser } from "../access/asked.ts";
import { judge, type Known } from "../access/judge.ts";
import { judgeHost, judgeOrigin } from "../access/origins.ts";
import { stillGranted } from "../access/still-granted.ts";
import { consoleHandler, isConsolePath } from "../console/handler.ts";
import { securityFields, setSecurityFields } from "../console/security-fields.ts";
import { eventSourceRoutes } from "./event-source-routes.ts";
import { jmapRoutes } from "./jmap-routes.ts";
import { loginPaths, loginRoutes } from "./login-routes.ts";
import type { ListenerParts, ManagementEnv } from "./management-env.ts";
import { problemAnswer, refusalAnswer, refuse } from "./problems.ts";
import { schemaRoutes } from "./schema-routes.ts";

/** Whether the management answers at this path, even if only with "there is no such thing". */
export function isManagementPath(path: string): boolean {
  return /^\/(?:jmap|console)(?:\/|$)|^\/\.well-known\/jmap$|^\/api\/schema(?:\/|$)/.test(path);
}

export function managementListener(parts: ListenerParts): HttpHandler {
  const routes = managementRoutes(parts);
  const askedOf = new WeakMap<object, Asked>();
  // Request and Response are the embedder's globals, not ours to replace.
  const listener = getRequestListener(
    (request, { incoming }) => {
      const stream = incoming.httpVersionMajor === 2 ? null : incoming.socket;
      return routes.fetch(request, { asked: askedOf.get(incoming), stream });
    },
    { hostname: "localhost", overrideGlobalObjects: false },
  );
  const page = consoleHandler();
  return (request, response, facts) => {
    const asked = askedBy(request, facts);
    const path = requestPath(request);
    if (isConsolePath(path) && !loginPaths.has(path)) {
      const judged = judgeHost(asked, parts.gatehouse);
      if (judged.ok) return page(request, response);
      setSecurityFields(response);
      return refuse(response, judged.refusal, false);
    }
    askedOf.set(request, asked);
    return listener(request, response);
  };
}

function managementRoutes(parts: ListenerParts): Hono<ManagementEnv> {
  const routes = new Hono<ManagementEnv>();
  routes.use(withSecurityFields);
  routes.use(fromHere(parts));
  routes.route("/", loginRoutes(parts));
  for (const path of ["/jmap", "/jmap/*", "/api/*"]) routes.use(path, forGrant(parts));
  routes.route("/", eventSourceRoutes(parts));
  routes.route("/", jmapRoutes(parts.management));
  routes.route("/", schemaRoutes({ protocols: parts.protocols }));
  routes.notFound((context) =>
    problemAnswer({
      type: "about:blank",
      status: 404,
      detail: `There is no ${context.req.method} ${context.req.path} here.`,
    }),
  );
  return routes;
}

const withSecurityFields: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(securityFields)) context.header(name, value);
};

function fromHere({ gatehouse }: Known): MiddlewareHandler<ManagementEnv> {
  return async (context, next) => {
    const { asked } = context.env;
    const byHost = judgeHost(asked, gatehouse);
    if (!byHost.ok) return refusalAnswer(byHost.refusal, false);
    const byOrigin = judgeOrigin(asked);
    if (!byOrigin.ok) return refusalAnswer(byOrigin.refusal, true);
    context.set("mount", asked.mount);
    return next();
  };
}

function forGrant(known: Known): MiddlewareHandler<ManagementEnv> {
  return async (context, next) => {
    const judged = await judge(context.env.asked, known);
    if (!judged.ok) return refusalAnswer(judged.refusal, isBrowser(context.env.asked));
    context.set("grant", judged.value);
    context.set("isStillGranted", stillGranted(context.env.asked, judged.value, known));
    return next();
  };
}
