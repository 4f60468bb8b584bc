/**
 * The life of one listener and all its addresses.
 *
 * `binding` makes and binds every socket (`addresses`), waits until the whole server has succeeded (`bound`), then
 * listens (`opening`); `listening` accepts; `paused` keeps the sockets while the kernel queues, for as long as there is
 * a reason to; `draining` refuses the clients that the kernel has queued (`refusing`), then closes the sockets and
 * waits for its connections (`waiting`), within `drainTimeout`; `closed` and `failed` end it.
 *
 * The reasons of a pause come and go independently, even in mid-pausing and mid-resuming, so they are a set in the
 * context (`pausedBy`): the first reason pauses the listener, and the sockets open again when the last one is gone.
 */
import { assign, fromCallback, raise, type SnapshotFrom, setup } from "xstate";
import { effect, recordError, unprovided, unprovidedWork } from "./effect.ts";

/** Times are milliseconds. */
export interface ListenerInput {
  readonly drainTimeout: number;
  /** How long it may take to refuse the clients that the kernel has queued, before the sockets are closed. */
  readonly refusalTimeout: number;
}

/** Why a listener does not accept. Each has the same name in the event, the metric's label and the docs. */
export const pauseReasons = {
  suspended: "It was suspended, and waits for `resume`.",
  "at-capacity": "No slot is free, and `atCapacity` is `hold`.",
  "under-pressure": "The process is under pressure, and `atCapacity` is `hold`.",
  "no-descriptors": "The process, or the host, has hardly any file descriptor left.",
  "handing-over": "A successor that is ready takes over the sockets (an upgrade in place).",
} as const;

export type PauseReason = keyof typeof pauseReasons;

export interface ListenerContext {
  readonly timeouts: ListenerInput;
  /** Why it does not accept; empty when nothing prevents it. */
  readonly pausedBy: readonly PauseReason[];
  /** How often descriptors have been looked for in vain since they ran out. */
  readonly retries: number;
  /** The error that led to `failed`. */
  readonly error: unknown;
}

export type ListenerEvent =
  /** Every listener of the document is bound: start listening. */
  | { type: "listener.listen" }
  /** Stop accepting, keep the sockets. */
  | { type: "listener.suspend" }
  | { type: "listener.resume" }
  /** A successor is about to accept from the sockets. */
  | { type: "listener.handover" }
  /** It has not, and never will. */
  | { type: "listener.reclaim" }
  /** The last slot was taken, and the listener holds its clients instead of rejecting them. */
  | { type: "capacity.reached" }
  /** A slot is free again. */
  | { type: "capacity.freed" }
  /** The process is under pressure, and the listener holds its clients instead of rejecting them. */
  | { type: "pressure.began" }
  | { type: "pressure.ended" }
  /** accept(2) failed with EMFILE or ENFILE, or is about to. */
  | { type: "descriptors.exhausted" }
  /** The back-off is over: look for descriptors again. */
  | { type: "descriptors.retry" }
  /** Close the sockets and let the connections finish. */
  | { type: "listener.drain" }
  /** Close the sockets and the connections. */
  | { type: "listener.stop" }
  /** The last connection of this listener has closed. */
  | { type: "connections.none" };

/** The first and the longest wait for descriptors, in milliseconds; it doubles in between. */
const shortestBackOff = 100;
const longestBackOff = 5_000;

const pause = (reason: PauseReason) => ({ type: "addReason", params: { reason } }) as const;
const beginBackOff = [pause("no-descriptors"), "resetRetries", "scheduleRetry"] as const;
const unpause = (reason: PauseReason) => ({ type: "removeReason", params: { reason } }) as const;

export const listenerMachine = setup({
  types: {
    context: {} as ListenerContext,
    input: {} as ListenerInput,
    events: {} as ListenerEvent,
  },
  actors: {
    ...unprovidedWork("listener", [
      /** socket(2), setsockopt(2), bind(2) for every address; all or none. */
      "bindSockets",
      /** listen(2), then accept, on every address. */
      "openSockets",
      /** Stops accepting; the kernel goes on queueing. */
      "pauseSockets",
      /** Refuses the clients that wait in the kernel's queues; closing the sockets would reset them. */
      "refuseQueued",
    ]),
    /** Asks every connection to finish; spread over a short time when there are many. */
    drainConnections: fromCallback(() => effect("listener", "drainConnections")()),
  },
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    addReason: assign({
      pausedBy: ({ context }, params: { reason: PauseReason }) =>
        context.pausedBy.includes(params.reason) ? context.pausedBy : [...context.pausedBy, params.reason],
    }),
    removeReason: assign({
      pausedBy: ({ context }, params: { reason: PauseReason }) =>
        context.pausedBy.filter((reason) => reason !== params.reason),
    }),
    resetRetries: assign({ retries: 0 }),
    countRetry: assign({ retries: ({ context }) => context.retries + 1 }),
    scheduleRetry: raise({ type: "descriptors.retry" }, { delay: "backOff", id: "descriptors.retry" }),
    ...unprovided("listener", [
      "closeSockets",
      /** Answers `connections.none` when no connection is left. */
      "awaitConnections",
      /** Tells every connection that `drainTimeout` has passed. */
      "expireConnections",
      /** Ends every connection now. */
      "stopConnections",
    ]),
  },
  guards: {
    hasReason: ({ context }) => context.pausedBy.length > 0,
    hasNoReason: ({ context }) => context.pausedBy.length === 0,
    lacksDescriptors: ({ context }) => context.pausedBy.includes("no-descriptors"),
    ...unprovided("listener", [
      /** Enough descriptors to accept with are available. */
      "findsDescriptors",
      /** The sockets could not be opened for want of descriptors. */
      "foundNoDescriptor",
    ]),
  },
  delays: {
    backOff: ({ context }) => Math.min(shortestBackOff * 2 ** context.retries, longestBackOff),
    drainTimeout: ({ context }) => context.timeouts.drainTimeout,
    refusalTimeout: ({ context }) => context.timeouts.refusalTimeout,
  },
}).createMachine({
  id: "listener",
  context: ({ input }) => ({ timeouts: input, pausedBy: [], retries: 0, error: null }),
  initial: "binding",
  states: {
    binding: {
      initial: "addresses",
      on: {
        // A listener that is already paused opens its sockets once, so that the kernel queues, and pauses then.
        "capacity.reached": { actions: pause("at-capacity") },
        "capacity.freed": { actions: unpause("at-capacity") },
        "pressure.began": { actions: pause("under-pressure") },
        "pressure.ended": { actions: unpause("under-pressure") },
        "listener.drain": { target: "closed" },
        "listener.stop": { target: "closed" },
      },
      states: {
        addresses: {
          invoke: {
            src: "bindSockets",
            onDone: { target: "bound" },
            onError: { target: "#listener.failed", actions: recordError },
          },
        },
        bound: { on: { "listener.listen": { target: "opening" } } },
        opening: {
          invoke: {
            src: "openSockets",
            onDone: [{ guard: "hasReason", target: "#listener.paused" }, { target: "#listener.listening" }],
            onError: { target: "#listener.failed", actions: recordError },
          },
          on: {
            "capacity.reached": { target: "#listener.paused", actions: pause("at-capacity") },
            "pressure.began": { target: "#listener.paused", actions: pause("under-pressure") },
            "descriptors.exhausted": { target: "#listener.paused", actions: beginBackOff },
          },
        },
      },
    },
    listening: {
      on: {
        "listener.suspend": { target: "paused", actions: pause("suspended") },
        "listener.handover": { target: "paused", actions: pause("handing-over") },
        "capacity.reached": { target: "paused", actions: pause("at-capacity") },
        "pressure.began": { target: "paused", actions: pause("under-pressure") },
        "descriptors.exhausted": { target: "paused", actions: beginBackOff },
        "listener.drain": { target: "draining" },
        "listener.stop": { target: "draining", actions: "stopConnections" },
      },
    },
    paused: {
      initial: "pausing",
      on: {
        "listener.suspend": { actions: pause("suspended") },
        "listener.resume": { actions: unpause("suspended") },
        "listener.handover": { actions: pause("handing-over") },
        "listener.reclaim": { actions: unpause("handing-over") },
        "capacity.reached": { actions: pause("at-capacity") },
        "capacity.freed": { actions: unpause("at-capacity") },
        "pressure.began": { actions: pause("under-pressure") },
        "pressure.ended": { actions: unpause("under-pressure") },
        "descriptors.exhausted": [{ guard: "lacksDescriptors" }, { actions: beginBackOff }],
        "descriptors.retry": [
          { guard: "findsDescriptors", actions: unpause("no-descriptors") },
          { actions: ["countRetry", "scheduleRetry"] },
        ],
        "listener.drain": { target: "draining" },
        "listener.stop": { target: "draining", actions: "stopConnections" },
      },
      states: {
        pausing: {
          invoke: {
            src: "pauseSockets",
            onDone: { target: "held" },
            onError: { target: "#listener.failed", actions: recordError },
          },
        },
        held: { always: { guard: "hasNoReason", target: "resuming" } },
        resuming: {
          always: { guard: "hasReason", target: "pausing" },
          invoke: {
            src: "openSockets",
            onDone: { target: "#listener.listening" },
            onError: [
              { guard: "foundNoDescriptor", target: "pausing", actions: beginBackOff },
              { target: "#listener.failed", actions: recordError },
            ],
          },
        },
      },
    },
    draining: {
      invoke: { src: "drainConnections" },
      initial: "refusing",
      after: { drainTimeout: { actions: "expireConnections" } },
      on: { "listener.stop": { actions: "stopConnections" } },
      states: {
        refusing: {
          invoke: { src: "refuseQueued", onDone: { target: "waiting" }, onError: { target: "waiting" } },
          after: { refusalTimeout: { target: "waiting" } },
        },
        waiting: {
          entry: ["closeSockets", "awaitConnections"],
          on: { "connections.none": { target: "#listener.closed" } },
        },
      },
    },
    closed: { type: "final", entry: "closeSockets" },
    failed: { type: "final", entry: ["closeSockets", "stopConnections"] },
  },
});

type ListenerValue = SnapshotFrom<typeof listenerMachine>["value"];
type KeysOfEach<Value> = Value extends object ? keyof Value : never;

/** The top-level state; `binding`, `paused` and `draining` have nested states. */
export type ListenerState = Extract<ListenerValue, string> | KeysOfEach<ListenerValue>;
