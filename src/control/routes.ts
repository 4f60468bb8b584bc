/** The routes of the control socket: queries and commands for a running server. JSON both ways. */
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { boolean, prettifyError, strictObject, string, type ZodType } from "zod";
import type { Gatehouse } from "../gatehouse-contract.ts";
import { controlGrant } from "../management/access/permissions.ts";
import { bytesOf } from "../management/http/body.ts";
import { jmapRoutes } from "../management/http/jmap-routes.ts";
import type { GrantedEnv } from "../management/http/management-env.ts";
import type { Management } from "../management/management.ts";
import { BlockedAddressError } from "../runtime/admission/block-list.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";
import type { PastReload } from "../runtime/reload/reload-history.ts";
import { UnknownListenerError } from "../runtime/server/server-errors.ts";
import { type ControlProblem, problemOf, statusOf } from "./problems.ts";
import { connectionReport, listenerReport, reloadAnswer, statusReport } from "./reports.ts";

/** Octets of a request's body. */
const longestBody = 16_384;

const blockSchema = strictObject({ address: string(), expiresAt: string().nullish(), reason: string().nullish() });
/** All listeners when left out. Names are never part of a path, where `.` and `..` have a meaning. */
const listenerSchema = strictObject({ listener: string().optional() });
const explainSchema = strictObject({
  address: string(),
  listener: string(),
  serverName: string().nullish(),
  proxied: boolean().optional(),
});
const closeSchema = strictObject({ connection: string(), now: boolean().optional() });
const drainSchema = strictObject({ node: string() });
const unblockSchema = strictObject({ address: string() });

export interface ControlledParts {
  readonly gatehouse: Gatehouse;
  readonly management: Management;
  /** Reads the document again and puts it into force. */
  reload(): Promise<ReloadReport>;
  /** The newest of them, carried out or rejected; null before the start. */
  newestReload(): PastReload | null;
}

export function controlRoutes({ gatehouse, management, reload, newestReload }: ControlledParts): Hono {
  const listeners = (name: string | undefined) =>
    gatehouse
      .listeners()
      .filter((listener) => name === undefined || listener.name === name)
      .map(listenerReport);
  const routes = new Hono();

  routes.get("/status", (context) => context.json(statusReport(gatehouse, newestReload())));
  routes.get("/states", (context) => context.json({ states: gatehouse.states() }));
  routes.get("/connections", (context) => {
    const name = context.req.query("listener");
    const connections = gatehouse.connections().filter(({ listener }) => name === undefined || listener === name);
    if (name !== undefined && connections.length === 0 && listeners(name).length === 0)
      throw new UnknownListenerError(
        name,
        gatehouse.listeners().map((listener) => listener.name),
      );
    return context.json({ connections: connections.map(connectionReport) });
  });
  routes.post("/reload", async (context) => context.json(reloadAnswer(await reload())));

  for (const change of ["suspend", "resume"] as const) {
    routes.post(`/${change}`, async (context) => {
      const { listener } = await bodyOf(context, listenerSchema);
      await gatehouse[change](listener);
      return context.json({ listeners: listeners(listener) });
    });
  }

  routes.post("/explain", async (context) => {
    const { address, listener, serverName = null, proxied = false } = await bodyOf(context, explainSchema);
    return context.json(await gatehouse.explain({ address, listener, serverName, proxied }));
  });

  routes.post("/close", async (context) => {
    const { connection, now = false } = await bodyOf(context, closeSchema);
    if (!(await gatehouse.closeAnywhere(connection, { now }))) {
      const id = JSON.stringify(connection);
      const message = `There is no connection ${id}: it may have ended. "gatehouse connections" prints those there are.`;
      return missing(context, "not-connected", message);
    }
    return context.json({ connection, now });
  });

  routes.post("/drain", async (context) => {
    const { node } = await bodyOf(context, drainSchema);
    if (!(await gatehouse.drainNode(node)))
      return missing(
        context,
        "no-such-node",
        `No node ${JSON.stringify(node)} has answered; "gatehouse status --fleet" prints those there are.`,
      );
    return context.json({ node });
  });

  routes.get("/blocked", (context) => context.json({ blocked: gatehouse.blocked() }));
  routes.post("/block", async (context) => {
    const { address, expiresAt = null, reason = null } = await bodyOf(context, blockSchema);
    // Allowed to programs, whose clock may be slow; of a person it is a mistake.
    if (expiresAt !== null && Date.parse(expiresAt) <= Date.now())
      throw new BlockedAddressError(expiresAt, "the end of a block", "must be a time to come");
    gatehouse.block({ address, expiresAt, reason });
    return context.json({ blocked: gatehouse.blocked() });
  });
  routes.post("/unblock", async (context) => {
    const { address } = await bodyOf(context, unblockSchema);
    // An error, so that a misspelt name is noticed.
    if (!gatehouse.unblock(address))
      return missing(
        context,
        "not-blocked",
        `${address} is not in the block list; "gatehouse blocked" prints what is.`,
      );
    return context.json({ blocked: gatehouse.blocked() });
  });

  // Whoever can reach this socket could stop the server, too.
  const jmap = new Hono<GrantedEnv>();
  jmap.use(async (context, next) => {
    context.set("grant", controlGrant);
    await next();
  });
  jmap.route("/", jmapRoutes(management));
  routes.route("/", jmap);

  routes.notFound((context) => {
    const message = `There is no ${context.req.method} ${context.req.path} here. Try GET /status, or see docs/operations.md.`;
    return missing(context, "not-found", message);
  });
  routes.onError((error, context) => context.json(problemOf(error), statusOf(error) as ContentfulStatusCode));
  return routes;
}

class InvalidRequestError extends Error {
  readonly code = "invalid-request";

  constructor(problem: string) {
    super(`The request cannot be read: ${problem}`);
    this.name = "InvalidRequestError";
  }
}

async function bodyOf<Body>(context: Context, schema: ZodType<Body>): Promise<Body> {
  const reading = schema.safeParse(jsonIn(await textOf(context.req.raw.body)));
  if (!reading.success) throw new InvalidRequestError(prettifyError(reading.error));
  return reading.data;
}

/** Reads no more than the limit, whatever length was announced. */
async function textOf(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const { bytes, size } = await bytesOf(body, longestBody);
  if (size > longestBody) throw new InvalidRequestError(`its body has more than ${longestBody} octets.`);
  return Buffer.from(bytes).toString();
}

/** An empty body counts as an object without fields. */
function jsonIn(text: string): unknown {
  try {
    if (text.trim() === "") return {};
    return JSON.parse(text);
  } catch {
    throw new InvalidRequestError("its body is not JSON.");
  }
}

/** Nothing of that kind is there. */
function missing(context: Context, code: string, message: string): Response {
  return context.json<ControlProblem>({ error: { code, message } }, 404);
}
