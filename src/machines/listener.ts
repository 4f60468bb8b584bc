/**
 * The life of one listener and all its addresses.
 *
 * `binding` makes and binds every socket (`addresses`), waits until the whole server has succeeded (`bound`), then
 * listens (`opening`); `listening` accepts; `paused` keeps the sockets while the kernel queues; `draining` refuses whom
 * the kernel has queued (`refusing`), then has closed the sockets and waits for its connections (`waiting`), within
 * `drainTimeout`; `closed` and `failed` end it.
 */
import { assign, fromPromise, type SnapshotFrom, setup } from "xstate";
import { effect } from "./effect.ts";

/** Times are milliseconds. */
export interface ListenerInput {
  readonly drainTimeout: number;
  /** How long clients that the kernel has queued may take to be refused, before the sockets are closed. */
  readonly refusalTimeout: number;
}

export interface ListenerContext {
  readonly timeouts: ListenerInput;
  /** What made `failed`. */
  readonly error: unknown;
}

export type ListenerEvent =
  /** Every listener of the document is bound: start to listen. */
  | { type: "listener.listen" }
  /** Stop accepting, keep the sockets. */
  | { type: "listener.suspend" }
  | { type: "listener.resume" }
  /** Close the sockets and let the connections finish. */
  | { type: "listener.drain" }
  /** Close the sockets and the connections. */
  | { type: "listener.stop" }
  /** The last connection of this listener has closed. */
  | { type: "connections.none" };

const unprovided = (name: string) => effect("listener", name);
const unprovidedActor = (name: string) => fromPromise<void>(async () => unprovided(name)());

export const listenerMachine = setup({
  types: {
    context: {} as ListenerContext,
    input: {} as ListenerInput,
    events: {} as ListenerEvent,
  },
  actors: {
    /** socket(2), setsockopt(2), bind(2) for every address; all or none. */
    bindSockets: unprovidedActor("bindSockets"),
    /** listen(2), then accept, on every address. */
    openSockets: unprovidedActor("openSockets"),
    /** Stops accepting; the kernel goes on queueing. */
    pauseSockets: unprovidedActor("pauseSockets"),
    /** Refuses the clients that wait in the kernel's queues; closing the sockets would reset them. */
    refuseQueued: unprovidedActor("refuseQueued"),
  },
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    closeSockets: unprovided("closeSockets"),
    /** Tells every connection to finish. */
    drainConnections: unprovided("drainConnections"),
    /** Answers `connections.none` when there is none left. */
    awaitConnections: unprovided("awaitConnections"),
    /** Tells every connection that `drainTimeout` has passed. */
    expireConnections: unprovided("expireConnections"),
    /** Ends every connection now. */
    stopConnections: unprovided("stopConnections"),
  },
  delays: {
    drainTimeout: ({ context }) => context.timeouts.drainTimeout,
    refusalTimeout: ({ context }) => context.timeouts.refusalTimeout,
  },
}).createMachine({
  id: "listener",
  context: ({ input }) => ({ timeouts: input, error: null }),
  initial: "binding",
  states: {
    binding: {
      initial: "addresses",
      on: {
        "listener.drain": { target: "closed" },
        "listener.stop": { target: "closed" },
      },
      states: {
        addresses: {
          invoke: {
            src: "bindSockets",
            onDone: { target: "bound" },
            onError: {
              target: "#listener.failed",
              actions: { type: "recordError", params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
        bound: { on: { "listener.listen": { target: "opening" } } },
        opening: {
          invoke: {
            src: "openSockets",
            onDone: { target: "#listener.listening" },
            onError: {
              target: "#listener.failed",
              actions: { type: "recordError", params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
      },
    },
    listening: {
      on: {
        "listener.suspend": { target: "paused" },
        "listener.drain": { target: "draining" },
        "listener.stop": { target: "draining", actions: "stopConnections" },
      },
    },
    paused: {
      initial: "pausing",
      on: {
        "listener.drain": { target: "draining" },
        "listener.stop": { target: "draining", actions: "stopConnections" },
      },
      states: {
        pausing: {
          invoke: {
            src: "pauseSockets",
            onDone: { target: "suspended" },
            onError: {
              target: "#listener.failed",
              actions: { type: "recordError", params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
        suspended: { on: { "listener.resume": { target: "resuming" } } },
        resuming: {
          invoke: {
            src: "openSockets",
            onDone: { target: "#listener.listening" },
            onError: {
              target: "#listener.failed",
              actions: { type: "recordError", params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
      },
    },
    draining: {
      entry: "drainConnections",
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

/** The top-level state; `binding`, `paused` and `draining` have states within. */
export type ListenerState = Extract<ListenerValue, string> | KeysOfEach<ListenerValue>;
