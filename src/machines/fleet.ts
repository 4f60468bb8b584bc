/**
 * The life of one node within a fleet, whose nodes share an engine (Redis or Valkey).
 *
 * `rejoining` tells the engine who is inside, and leases slots for them; `connected` admits within the leased slots, and
 * settles with the engine from time to time, and whenever slots are needed; `degraded` has lost the engine and goes on
 * with what it has leased; `isolated` has lost the lease too: others may have its slots by now. `leaving` gives all back.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import { recordError, unprovided, unprovidedQuestion, unprovidedWork } from "./effect.ts";

/** Times are milliseconds. */
export interface FleetInput {
  /** How often a node settles with the engine that needs nothing. */
  readonly renewInterval: number;
  /** How long the engine may take to answer. */
  readonly answerTimeout: number;
  /** How long it is left alone after it has not answered. */
  readonly retryInterval: number;
  /** How much of the lease is left at this moment. */
  readonly leaseLeft: number;
}

export interface FleetContext {
  readonly times: FleetInput;
  /** Why the engine was lost; null while it answers. */
  readonly error: unknown;
}

/** What settling with the engine has come to. */
export interface Settlement {
  /** The engine knows this node and its lease. */
  readonly held: boolean;
  /** More slots are needed already. */
  readonly again: boolean;
}

export type FleetEvent =
  /** Slots are needed, or to be given back, or another node has something to tell. */
  | { type: "settlement.wanted" }
  /** The connection to the engine has ended. */
  | { type: "engine.lost"; readonly error: unknown }
  /** A client found the lease at its end before the timer did, as after a pause of the whole process. */
  | { type: "lease.lapsed" }
  /** The server ends. */
  | { type: "fleet.leave" };

const leaves = { target: "#fleet.leaving" } as const;
const lost = { target: "#fleet.degraded", actions: recordError } as const;

/** The engine did not answer in time. */
export class EngineTimeoutError extends Error {
  override readonly name = "EngineTimeoutError";
  readonly code = "engine-timeout";

  constructor() {
    super("The engine has not answered in time. It is asked again; see whether it can be reached and is not too slow.");
  }
}

export const fleetMachine = setup({
  types: { context: {} as FleetContext, input: {} as FleetInput, events: {} as FleetEvent },
  actors: {
    /** Says what is held and what is needed, which renews the lease. */
    settle: unprovidedQuestion("fleet", "settle", {} as Settlement),
    ...unprovidedWork("fleet", [
      /** Says who is inside, and leases slots for them. */
      "join",
      /** Asks whether the engine is there. */
      "reachEngine",
      /** Gives back everything. */
      "giveBackAll",
    ]),
  },
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    recordTimeout: assign({ error: () => new EngineTimeoutError() }),
    forgetError: assign({ error: null }),
    ...unprovided("fleet", [
      /** Reports that the engine answers, and that the lease is held. */
      "reportConnected",
      /** Reports that the engine is lost. */
      "reportDegraded",
      /** Reports that the lease is lost. */
      "reportIsolated",
      /** Reports that those inside are counted again. */
      "reportRejoining",
    ]),
  },
  guards: {
    isLost: (_, { held }: Settlement) => !held,
    isWantedAgain: (_, { again }: Settlement) => again,
  },
  delays: {
    renewInterval: ({ context }) => context.times.renewInterval,
    answerTimeout: ({ context }) => context.times.answerTimeout,
    retryInterval: ({ context }) => context.times.retryInterval,
    leaseLeft: ({ context }) => context.times.leaseLeft,
  },
}).createMachine({
  id: "fleet",
  context: ({ input }) => ({ times: input, error: null }),
  initial: "rejoining",
  states: {
    rejoining: {
      entry: "reportRejoining",
      invoke: {
        src: "join",
        onDone: { target: "connected" },
        onError: { target: "isolated", actions: recordError },
      },
      after: { answerTimeout: { target: "isolated", actions: "recordTimeout" } },
      on: { "fleet.leave": leaves },
    },
    connected: {
      entry: ["forgetError", "reportConnected"],
      initial: "settled",
      on: { "engine.lost": lost, "lease.lapsed": { target: "rejoining" }, "fleet.leave": leaves },
      states: {
        settled: {
          after: { renewInterval: { target: "settling" } },
          on: { "settlement.wanted": { target: "settling" } },
        },
        settling: {
          invoke: {
            src: "settle",
            onDone: [
              { guard: { type: "isLost", params: ({ event }) => event.output }, target: "#fleet.rejoining" },
              {
                guard: { type: "isWantedAgain", params: ({ event }) => event.output },
                target: "settling",
                reenter: true,
              },
              { target: "settled" },
            ],
            onError: lost,
          },
          after: { answerTimeout: { target: "#fleet.degraded", actions: "recordTimeout" } },
        },
      },
    },
    degraded: {
      entry: "reportDegraded",
      initial: "asking",
      after: { leaseLeft: { target: "isolated" } },
      on: { "lease.lapsed": { target: "isolated" }, "fleet.leave": leaves },
      states: {
        asking: {
          invoke: {
            src: "settle",
            onDone: [
              { guard: { type: "isLost", params: ({ event }) => event.output }, target: "#fleet.rejoining" },
              { target: "#fleet.connected" },
            ],
            onError: { target: "waiting", actions: recordError },
          },
          after: { answerTimeout: { target: "waiting", actions: "recordTimeout" } },
        },
        waiting: { after: { retryInterval: { target: "asking" } } },
      },
    },
    isolated: {
      entry: "reportIsolated",
      initial: "waiting",
      on: { "fleet.leave": leaves },
      states: {
        asking: {
          invoke: {
            src: "reachEngine",
            onDone: { target: "#fleet.rejoining" },
            onError: { target: "waiting", actions: recordError },
          },
          after: { answerTimeout: { target: "waiting", actions: "recordTimeout" } },
        },
        waiting: { after: { retryInterval: { target: "asking" } } },
      },
    },
    leaving: {
      invoke: { src: "giveBackAll", onDone: { target: "left" }, onError: { target: "left" } },
      after: { answerTimeout: { target: "left" } },
    },
    left: { type: "final" },
  },
});

type FleetValue = SnapshotFrom<typeof fleetMachine>["value"];
type Outer<Value> = Value extends string ? Value : keyof Value;
export type FleetState = Outer<FleetValue>;

/** The outer state of a snapshot's value. */
export function fleetState(value: FleetValue): FleetState {
  return (typeof value === "string" ? value : Object.keys(value)[0]) as FleetState;
}
