/** What is true on every path, whatever the model. */
import { isEndCause } from "../machines/own-causes.ts";
import type { LifecycleEvent } from "../runtime/observe/lifecycle.ts";
import type { Driver } from "./driver.ts";

/** A sentence, and a check for it. */
export interface Invariant<World extends Driver = Driver> {
  readonly name: string;
  /** Checked after each step, and once more when everything has been closed. @returns what breaks it, or null */
  broken(world: World, ended: boolean): string | null | Promise<string | null>;
}

type Closed = Extract<LifecycleEvent, { type: "connection.closed" }>;

function ends(world: Driver): Closed[] {
  return world.bench.events.filter((event): event is Closed => event.type === "connection.closed");
}

function connectionsOf(event: LifecycleEvent): string | null {
  return "connection" in event ? event.connection.id : null;
}

export const invariants: readonly Invariant[] = [
  {
    name: "a slot is returned once",
    async broken(world, ended) {
      const slots = Object.entries(await world.slots());
      const wrong = slots.find(([, taken]) => taken < 0 || (ended && taken !== 0));
      return wrong ? `${wrong[1]} slots are taken of ${wrong[0] === "" ? "the server" : wrong[0]}` : null;
    },
  },
  {
    name: "closed is entered once",
    broken(world, ended) {
      for (const actor of world.bench.observation.actors.filter(({ chart }) => chart === "connection")) {
        const entries = world.bench.observation.transitions.filter(
          ({ actor: id, chart, to, state }) =>
            id === actor.id && chart === "connection" && to === "closed" && state !== to,
        );
        if (entries.length > 1) return `${actor.id} entered closed ${entries.length} times`;
        if (ended && actor.snapshot.value !== "closed") return `${actor.id} is still ${String(actor.snapshot.value)}`;
      }
      return null;
    },
  },
  {
    name: "each connection has exactly one end event, the last, with a cause of the table",
    broken(world, ended) {
      const seen = new Map<string, number>();
      for (const event of world.bench.events) {
        const id = connectionsOf(event);
        if (id === null) continue;
        const before = seen.get(id) ?? 0;
        if (before > 0) return `${id} emitted ${event.type} after its end`;
        seen.set(id, before + (event.type === "connection.closed" ? 1 : 0));
        if (event.type === "connection.closed" && !isEndCause(event.cause)) return `${id} ended as ${event.cause}`;
      }
      const endless = ended ? [...seen].find(([, count]) => count === 0) : undefined;
      return endless ? `${endless[0]} has no end event` : null;
    },
  },
  {
    name: "nothing is written after close",
    broken(world) {
      for (const client of world.clients) {
        const id = world.connectionOf(client);
        const end = ends(world).find(({ connection }) => connection.id === id);
        if (end && client.bytesReceived > end.bytesWritten)
          return `a client got ${client.bytesReceived} octets of a connection that ended with ${end.bytesWritten}`;
      }
      return null;
    },
  },
  {
    name: "no timer is left",
    broken(world, ended) {
      const { pending } = world.bench.clock;
      if (!ended || pending.length === 0) return null;
      return `timers of ${pending.map(({ delay }) => `${delay} ms`).join(", ")} still run`;
    },
  },
  {
    name: "no descriptor is left",
    broken(world, ended) {
      if (!ended) return null;
      const sockets = world.openSockets();
      return sockets !== null && sockets > 0 ? `${sockets} sockets are still open` : null;
    },
  },
  {
    name: "the number inside never exceeds a cap",
    broken: (world) => world.overfull,
  },
  {
    name: "an unchanged listener's connections survive a reload",
    broken(world) {
      const closed: Closed[] = [];
      for (const event of world.bench.events) {
        if (event.type === "reload.validating") closed.length = 0;
        if (event.type === "connection.closed") closed.push(event);
        if (event.type !== "reload.carriedOut") continue;
        const kept = event.plan.listeners.filter(({ kind }) => kind === "unchanged" || kind === "retuned");
        const victim = closed.find(
          ({ connection, cause }) => byServer.has(cause) && kept.some(({ name }) => name === connection.listener),
        );
        if (victim) return `${victim.connection.id} ended as ${victim.cause}`;
      }
      return null;
    },
  },
];

/** Ends that the server causes, and not the peer. */
const byServer: ReadonlySet<string> = new Set(["drained", "drain-timeout", "stopped", "socket-error"]);
