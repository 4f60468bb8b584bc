/**
 * The life of one listener and all its addresses.
 *
 * `binding` makes and binds every socket (`addresses`), waits until the whole server has succeeded (`bound`), then
 * listens (`opening`); `listening` accepts; `paused` keeps the sockets while the kernel queues; `draining` has closed
 * them and waits for its connections; `closed` and `failed` end it.
 */
import { assign, fromPromise, type SnapshotFrom, setup } from "xstate";
import { effect } from "./effect.ts";

export interface ListenerContext {
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
    events: {} as ListenerEvent,
  },
  actors: {
    /** socket(2), setsockopt(2), bind(2) for every address; all or none. */
    bindSockets: unprovidedActor("bindSockets"),
    /** listen(2), then accept, on every address. */
    openSockets: unprovidedActor("openSockets"),
    /** Stops accepting; the kernel goes on queueing. */
    pauseSockets: unprovidedActor("pauseSockets"),
  },
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    closeSockets: unprovided("closeSockets"),
    /** Tells every connection to finish; answers `connections.none` when there is none left. */
    drainConnections: unprovided("drainConnections"),
    /** Ends every connection now. */
    stopConnections: unprovided("stopConnections"),
  },
}).createMachine({
  id: "listener",
  context: { error: null },
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
      entry: ["closeSockets", "drainConnections"],
      on: {
        "listener.stop": { actions: "stopConnections" },
        "connections.none": { target: "closed" },
      },
    },
    closed: { type: "final", entry: "closeSockets" },
    failed: { type: "final", entry: ["closeSockets", "stopConnections"] },
  },
});

type ListenerValue = SnapshotFrom<typeof listenerMachine>["value"];
type KeysOfEach<Value> = Value extends object ? keyof Value : never;

/** The top-level state; `binding` and `paused` have states within. */
export type ListenerState = Extract<ListenerValue, string> | KeysOfEach<ListenerValue>;
