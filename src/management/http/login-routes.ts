/** Where a browser logs in and out. */
import { Hono } from "hono";
import { strictObject, string } from "zod";
import { accountStates, isSecure, sessionCookie, setCookie } from "../access/browser-sessions.ts";
import type { Known } from "../access/judge.ts";
import { bytesOf, isJsonType } from "./body.ts";
import type { ManagementEnv } from "./management-env.ts";
import { refusalAnswer } from "./problems.ts";

/** Octets of a name and a password. */
const longestBody = 4_096;

const loginSchema = strictObject({ username: string(), password: string() });

export function loginRoutes({ gatehouse, authentication, sessions }: Known): Hono<ManagementEnv> {
  const routes = new Hono<ManagementEnv>();

  routes.post("/console/login", async ({ req, env }) => {
    // Another page's form cannot send JSON, nor can it leave Origin out.
    const isJson = isJsonType(req.header("Content-Type"));
    const { bytes, size } = await bytesOf(req.raw.body, longestBody);
    const reading = loginSchema.safeParse(isJson && size <= longestBody ? jsonIn(bytes) : null);
    if (!reading.success) return refusalAnswer({ status: 400, detail: "Send username and password as JSON." }, true);
    const judged = await authentication.byPassword("FORM", reading.data, env.asked);
    if (!judged.ok) return refusalAnswer(judged.refusal, true);
    const former = sessionCookie(env.asked);
    if (former !== null) sessions.end(former);
    const cookie = setCookie(sessions.begin(judged.value, accountStates(gatehouse)), isSecure(env.asked));
    return new Response(null, { status: 204, headers: { "Set-Cookie": cookie, "Cache-Control": "no-store" } });
  });

  routes.post("/console/logout", ({ req, env }) => {
    const cookie = sessionCookie(env.asked);
    if (req.header("Origin") === undefined)
      return refusalAnswer({ status: 403, detail: "The field Origin is needed." }, true);
    if (cookie !== null) sessions.end(cookie);
    const ended = setCookie(null, isSecure(env.asked));
    return new Response(null, { status: 204, headers: { "Set-Cookie": ended, "Cache-Control": "no-store" } });
  });
  return routes;
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
}
