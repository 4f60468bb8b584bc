/** The routes of JMAP: session resource and requests (RFC 8620 sections 2.2 and 3.1). */
import { type Context, Hono } from "hono";
import { coreLimits } from "../jmap/limits.ts";
import { readRequest } from "../jmap/request.ts";
import { holdTo, RequestProblem } from "../jmap/request-problem.ts";
import type { Management } from "../management.ts";
import { bytesOf, isJsonType } from "./body.ts";
import type { GrantedEnv } from "./management-env.ts";
import { problemAnswer } from "./problems.ts";

/** For requests that have been granted something. */
export function jmapRoutes(management: Management): Hono<GrantedEnv> {
  const routes = new Hono<GrantedEnv>();
  const underWay = new Map<string, number>();

  routes.get("/.well-known/jmap", (context) => context.redirect(`${context.get("mount") ?? ""}/jmap/session`, 307));
  routes.get("/jmap/session", (context) => {
    context.header("Cache-Control", "no-store");
    return context.json(management.session(context.get("grant"), context.get("mount")));
  });
  const answer = async (context: Context<GrantedEnv>): Promise<Response> => {
    const grant = context.get("grant");
    const owner = `${grant.who.kind} ${grant.who.name}`;
    const count = (underWay.get(owner) ?? 0) + 1;
    holdTo("maxConcurrentRequests", count);
    underWay.set(owner, count);
    try {
      const request = readRequest(await bodyOf(context));
      context.header("Cache-Control", "no-store");
      return context.json(await management.respond(request, grant));
    } finally {
      const left = (underWay.get(owner) ?? 1) - 1;
      if (left > 0) underWay.set(owner, left);
      else underWay.delete(owner);
    }
  };
  routes.post("/jmap", answer);
  routes.post("/jmap/", answer);
  routes.onError((error) => {
    if (error instanceof RequestProblem) return problemAnswer(error.document);
    throw error;
  });
  return routes;
}

/** @throws RequestProblem */
async function bodyOf(context: Context): Promise<string> {
  if (!isJsonType(context.req.header("Content-Type")))
    throw new RequestProblem("notJSON", "The Content-Type of a request is application/json.");
  const announced = Number(context.req.header("Content-Length") ?? 0);
  holdTo("maxSizeRequest", announced);
  const { bytes, size } = await bytesOf(context.req.raw.body, coreLimits.maxSizeRequest);
  holdTo("maxSizeRequest", size);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RequestProblem("notJSON", "The body of the request is not UTF-8.");
  }
}
