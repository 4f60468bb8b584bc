/** What a client asks of the event source, in the query of its URL. */
import { coerce, type infer as Infer, object, string, enum as zEnum } from "zod";
import type { Asked } from "../live/event-source.ts";
import type { Traced } from "../live/trace.ts";

/** Seconds between pings: no shorter and no longer, whatever a client asks for (RFC 8620 section 7.3). */
const shortestPing = 5;
const longestPing = 3_600;

export type EventSourceQuery = Pick<Asked, "closeAfterState" | "ping" | "live" | "traced"> & {
  /** Null: all that may be read. */
  readonly types: ReadonlySet<string> | null;
};

const querySchema = object({
  types: string().default("*"),
  closeafter: zEnum(["state", "no"]).default("no"),
  ping: coerce.number().int().min(0).default(0),
  live: zEnum(["true", "false"]).default("false"),
  trace: zEnum(["connection", "next", "failing", "sample"]).optional(),
  id: string().optional(),
  listener: string().optional(),
  oneIn: coerce.number().int().min(1).default(100),
});

/** @returns what is wrong, as a text. */
export function readEventSourceQuery(query: Readonly<Record<string, string>>): EventSourceQuery | string {
  const reading = querySchema.safeParse(query);
  if (!reading.success) {
    const [issue] = reading.error.issues;
    return `${issue?.path.join(".")}: ${issue?.message}. Ask with types=* or names with commas between them, closeafter=state or no, and ping in seconds, 0 for none.`;
  }
  const { types, closeafter, ping, live } = reading.data;
  const traced = tracedOf(reading.data);
  if (typeof traced === "string") return traced;
  return {
    types: types === "*" ? null : new Set(types.split(",")),
    closeAfterState: closeafter === "state",
    ping: ping === 0 ? 0 : Math.min(Math.max(ping, shortestPing), longestPing),
    live: live === "true",
    traced,
  };
}

function tracedOf({ trace, id, listener: named, oneIn }: Infer<typeof querySchema>): Traced | null | string {
  const listener = named ?? null;
  switch (trace) {
    case undefined:
      return null;
    case "connection":
      return id === undefined ? "trace=connection needs the id of one." : { kind: trace, id };
    case "sample":
      return { kind: trace, listener, oneIn };
    default:
      return { kind: trace, listener };
  }
}
