/** How many are in each state of each chart, and who is in one. */
import { type Arguments, call } from "./jmap.ts";

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
  readonly user: string | null;
  readonly session: string | null;
  readonly state: string;
  /** Milliseconds. */
  readonly age: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface StatesNow {
  readonly counts: Counts;
  /** Null: nobody asked who. */
  readonly inhabitants: Inhabitants | null;
}

const mostShown = 100;

/** @throws WireError, MethodError */
export async function statesNow(chart: string, state: string | null): Promise<StatesNow> {
  const [nodes = {}] = await call(["x:ServerNode/get", { ids: null, properties: ["states"] }]);
  const all = (nodes["list"] as Arguments[])[0]?.["states"] as Record<string, Counts> | undefined;
  const counts = all?.[chart] ?? {};
  if (state === null || chart === "server" || chart === "reload") return { counts, inhabitants: null };
  return { counts, inhabitants: await inhabitantsOf(chart, state, counts) };
}

/** Those in the states within it included. */
export function countIn(state: string, counts: Counts): number {
  const within = Object.entries(counts).filter(([path]) => isWithin(path, state));
  return within.reduce((sum, [, count]) => sum + count, 0);
}

function isWithin(path: string, state: string): boolean {
  return path === state || path.startsWith(`${state}.`);
}

async function inhabitantsOf(chart: string, state: string, counts: Counts): Promise<Inhabitants> {
  if (chart === "listener") return listenersIn(state);
  const paths = [...new Set([state, ...Object.keys(counts).filter((path) => isWithin(path, state))])];
  const field = chart === "connection" ? "state" : "session";
  const conditions = paths.map((path) => ({ [field]: path }));
  const inState = conditions.length === 1 ? conditions[0] : { operator: "OR", conditions };
  const filter = chart === "connection" ? inState : { operator: "AND", conditions: [{ protocol: chart }, inState] };
  const name = "x:Connection/query";
  const [found = {}, connections = {}] = await call(
    [name, { filter, limit: mostShown, calculateTotal: true }],
    ["x:Connection/get", { "#ids": { resultOf: "c0", name, path: "/ids" } }],
  );
  const rows = (connections["list"] as Arguments[]).map(inhabitantOf);
  return { total: typeof found["total"] === "number" ? found["total"] : rows.length, rows };
}

async function listenersIn(state: string): Promise<Inhabitants> {
  const [answer = {}] = await call(["x:ListenerStatus/get", { ids: null, properties: ["id", "name", "state"] }]);
  const rows = (answer["list"] as Arguments[])
    .filter((listener) => isWithin(String(listener["state"]), state) || isWithin(state, String(listener["state"])))
    .map(({ id, name }) => ({ id: String(id), listener: String(name), connection: null }));
  return { total: rows.length, rows: rows.slice(0, mostShown) };
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
      user: text("user"),
      session: text("session"),
      state: text("state") ?? "",
      age: number("age"),
      bytesRead: number("bytesRead"),
      bytesWritten: number("bytesWritten"),
    },
  };
}
