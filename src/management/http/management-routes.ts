/** The routes of the management over HTTP, and what each asks of a request before it is answered. */
import { getRequestListener } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import type { HttpHandler } from "../../protocols/http/http-handler.ts";
import { type Asked, askedBy, isBrowser } from "../access/asked.ts";
import { judge, type Known } from "../access/judge.ts";
import { judgeHost, judgeOrigin } from "../access/origins.ts";
import { stillGranted } from "../access/still-granted.ts";
import { securityFields } from "../console/security-fields.ts";
import { eventSourceRoutes } from "./event-source-routes.ts";
import { jmapRoutes } from "./jmap-routes.ts";
import { loginRoutes } from "./login-routes.ts";
import type { ListenerParts, ManagementEnv } from "./management-env.ts";
import { problemAnswer, refusalAnswer } from "./problems.ts";
import { schemaRoutes } from "./schema-routes.ts";

/** The routes as a listener of `node:http`. */
export function managementRoutes(parts: ListenerParts): HttpHandler {
  const routes = routesOf(parts);
  const askedOf = new WeakMap<object, Asked>();
  // Request and Response are the embedder's globals, not ours to replace.
  const listener = getRequestListener(
    (request, { incoming }) => {
      const stream = incoming.httpVersionMajor === 2 ? null : incoming.socket;
      return routes.fetch(request, { asked: askedOf.get(incoming), stream });
    },
    { hostname: "localhost", overrideGlobalObjects: false },
  );
  return (request, response, facts) => {
    askedOf.set(request, askedBy(request, facts));
    return listener(request, response);
  };
}

function routesOf(parts: ListenerParts): Hono<ManagementEnv> {
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
