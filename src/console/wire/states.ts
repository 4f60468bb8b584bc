/** How many are in each state of each chart, and who is in one. */
import { type Arguments, call } from "./jmap.ts";
import type { LiveState } from "./live.ts";

/** By the path of a state: `paused.held`. Only states that somebody is in. */
export type Counts = Readonly<Record<string, number>>;

export interface Inhabitants {
  readonly total: number;
  readonly rows: readonly Inhabitant[];
}

export interface Inhabitant {
  readonly id: string;
  readonly listener: string;
  /** Null for what is no connection. */
  readonly connection: ConnectionNow | null;
}

export interface ConnectionNow {
  readonly id: string;
  readonly peer: string;
  /** A trusted proxy named the peer. */
  readonly isProxied: boolean;
  /** By SNI. */
  readonly serverName: string | null;
  readonly user: string | null;
  readonly session: string | null;
  readonly state: string;
  /** Milliseconds. */
  readonly age: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** How many are in each state of a chart. */
export function countsIn(chart: string, { nodes }: LiveState): Counts {
  const node = nodes["local"] ?? {};
  const states = node["states"] as Readonly<Record<string, Counts>> | undefined;
  return states?.[chart] ?? {};
}

/** Those in the states within it included. */
export function countIn(state: string, counts: Counts): number {
  const within = Object.entries(counts).filter(([path]) => isWithin(path, state));
  return within.reduce((sum, [, count]) => sum + count, 0);
}

function isWithin(path: string, state: string): boolean {
  return path === state || path.startsWith(`${state}.`);
}

export interface InhabitantsAsked {
  readonly chart: string;
  readonly state: string;
  readonly counts: Counts;
  /** The first one, and how many. */
  readonly position: number;
  readonly limit: number;
}

/** Of the server and its reloads there is one each. @throws WireError, MethodError */
export async function inhabitantsOf({ chart, state, counts, position, limit }: InhabitantsAsked): Promise<Inhabitants> {
  if (chart === "listener") return listenersIn(state);
  const paths = [...new Set([state, ...Object.keys(counts).filter((path) => isWithin(path, state))])];
  const field = chart === "connection" ? "state" : "session";
  const conditions = paths.map((path) => ({ [field]: path }));
  const inState = conditions.length === 1 ? conditions[0] : { operator: "OR", conditions };
  const filter = chart === "connection" ? inState : { operator: "AND", conditions: [{ protocol: chart }, inState] };
  const name = "x:Connection/query";
  const [found = {}, connections = {}] = await call(
    [name, { filter, position, limit, calculateTotal: true }],
    ["x:Connection/get", { "#ids": { resultOf: "c0", name, path: "/ids" } }],
  );
  const byId = new Map((connections["list"] as Arguments[]).map((value) => [value["id"], value]));
  const rows = (found["ids"] as readonly string[]).flatMap((id) => {
    const value = byId.get(id);
    return value ? [inhabitantOf(value)] : [];
  });
  return { total: typeof found["total"] === "number" ? found["total"] : rows.length, rows };
}

async function listenersIn(state: string): Promise<Inhabitants> {
  const [answer = {}] = await call(["x:ListenerStatus/get", { ids: null, properties: ["id", "name", "state"] }]);
  const rows = (answer["list"] as Arguments[])
    .filter((listener) => isWithin(String(listener["state"]), state) || isWithin(state, String(listener["state"])))
    .map(({ id, name }) => ({ id: String(id), listener: String(name), connection: null }));
  return { total: rows.length, rows };
}

function inhabitantOf(value: Arguments): Inhabitant {
  const text = (name: string) => (typeof value[name] === "string" ? value[name] : null);
  const number = (name: string) => (typeof value[name] === "number" ? value[name] : 0);
  const id = text("id") ?? "";
  return {
    id,
    listener: text("listener") ?? "",
    connection: {
      id,
      peer: text("peer") ?? "",
      isProxied: text("proxy") !== null,
      serverName: text("serverName"),
      user: text("user"),
      session: text("session"),
      state: text("state") ?? "",
      age: number("age"),
      bytesRead: number("bytesRead"),
      bytesWritten: number("bytesWritten"),
    },
  };
}
