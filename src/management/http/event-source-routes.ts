/** `/jmap/eventsource/`: what happens, as server-sent events (RFC 8620 section 7.3), and the live feed of the console. */
import { type Context, Hono } from "hono";
import type { Grant } from "../access/permissions.ts";
import type { Asked, EventSource, EventSourceOptions } from "../live/event-source.ts";
import { readEventSourceQuery } from "./event-source-query.ts";
import type { ManagementEnv } from "./management-env.ts";
import { problemAnswer, refusalAnswer } from "./problems.ts";

/** Streams at once, of one account or token, and of all. */
const mostOfOne = 32;
const mostOfAll = 256;

export function eventSourceRoutes(options: EventSourceOptions): Hono<ManagementEnv> {
  const routes = new Hono<ManagementEnv>();
  const streams = new OpenStreams();
  // Loaded when somebody watches for the first time.
  let source: Promise<EventSource> | null = null;
  const load = async () => {
    const { EventSource } = await import("../live/event-source.ts");
    return new EventSource(options);
  };
  routes.get("/jmap/eventsource/", async (context) => {
    const query = readEventSourceQuery(context.req.query());
    if (typeof query === "string") return problemAnswer({ type: "about:blank", status: 400, detail: query });
    const grant = context.get("grant");
    const missing = missingPermission(grant, query);
    if (missing !== null)
      return refusalAnswer({ status: 403, detail: `${grant.who.name} does not have the permission ${missing}.` }, true);
    const leave = streams.enter(grant);
    if (leave === null)
      return refusalAnswer({ status: 429, detail: "Too many event streams are open: close some first." }, true);
    source ??= load();
    const readable = options.management.readableBy(grant);
    const asked: Asked = {
      ...query,
      types: query.types === null ? readable : readable.filter((type) => query.types?.has(type)),
      lastId: context.req.header("Last-Event-ID") ?? null,
      facts: context.env.asked.facts,
      client: context.env.stream,
      mayGoOn: context.get("isStillGranted"),
    };
    return answerOf(context, (await source).open(asked, leave));
  });
  return routes;
}

function answerOf({ req }: Context, stream: ReadableStream<Uint8Array>): Response {
  // Whoever has gone meanwhile never reads.
  if (req.raw.signal.aborted) void stream.cancel();
  const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
  return new Response(stream, { headers });
}

/** For what is ours; types of objects that may not be read are left out. */
function missingPermission({ permissions }: Grant, { live, traced }: Pick<Asked, "live" | "traced">): string | null {
  const needed = [
    ...(live ? ["sysServerNodeGet", "sysListenerStatusGet"] : []),
    ...(traced === null ? [] : ["sysConnectionGet"]),
  ];
  return needed.find((name) => !permissions.has(name)) ?? null;
}

/** Counts the streams. */
class OpenStreams {
  readonly #ofOne = new Map<string, number>();
  #all = 0;

  /** @returns what gives the place back; null where there is none left. */
  enter({ who }: Grant): (() => void) | null {
    const owner = `${who.kind} ${who.name}`;
    const count = this.#ofOne.get(owner) ?? 0;
    if (count >= mostOfOne || this.#all >= mostOfAll) return null;
    this.#add(owner, 1);
    return () => this.#add(owner, -1);
  }

  #add(owner: string, change: 1 | -1): void {
    this.#all += change;
    const count = (this.#ofOne.get(owner) ?? 0) + change;
    if (count > 0) this.#ofOne.set(owner, count);
    else this.#ofOne.delete(owner);
  }
}
