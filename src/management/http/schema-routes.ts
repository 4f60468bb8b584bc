/** The routes of the schema that clients draw forms and check values by. */
import { type Context, Hono } from "hono";
import { schemaHandler } from "../schema/handler.ts";
import type { SchemaOptions } from "../schema/management-schema.ts";
import type { GrantedEnv } from "./management-env.ts";

/** For requests that have been granted something. */
export function schemaRoutes(options: SchemaOptions): Hono<GrantedEnv> {
  const routes = new Hono<GrantedEnv>();
  const handler = schemaHandler(options);
  const answer = (context: Context<GrantedEnv>): Response | Promise<Response> =>
    handler(context.req.raw, context.get("mount")) ?? context.notFound();
  routes.all("/api/schema", answer);
  routes.all("/api/schema/*", answer);
  return routes;
}
