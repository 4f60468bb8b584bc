/**
 * The life of the server: all its listeners, from the first bind to the last connection's end.
 *
 * `starting` binds everything before anything listens, so that a failed start leaves nothing open; `running` serves;
 * `draining` has stopped accepting and waits for the sessions; `stopped` and `failed` end it.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import { recordError, unprovided, unprovidedWork } from "./effect.ts";

export interface ServerContext {
  /** What made `failed`. */
  readonly error: unknown;
}

export type ServerEvent =
  /** Stop accepting, let every session finish within `drainTimeout`, then stop. */
  | { type: "server.drain" }
  /** Stop without waiting. */
  | { type: "server.stop" };

export const serverMachine = setup({
  types: {
    context: {} as ServerContext,
    events: {} as ServerEvent,
  },
  actors: unprovidedWork("server", [
    /** Certificates, then bind everywhere, then listen everywhere; rejects with every error there is. */
    "startListeners",
    /** Tells every listener to drain; resolves when all are closed. */
    "drainListeners",
  ]),
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    ...unprovided("server", [
      /** Ends every listener and connection now. */
      "stopListeners",
      /** Gives back what listeners shared: timers, protocols, metrics. */
      "releaseResources",
    ]),
  },
}).createMachine({
  id: "server",
  context: { error: null },
  initial: "starting",
  states: {
    starting: {
      invoke: {
        src: "startListeners",
        onDone: { target: "running" },
        onError: { target: "failed", actions: recordError },
      },
      on: {
        "server.drain": { target: "draining" },
        "server.stop": { target: "draining", actions: "stopListeners" },
      },
    },
    running: {
      on: {
        "server.drain": { target: "draining" },
        "server.stop": { target: "draining", actions: "stopListeners" },
      },
    },
    draining: {
      invoke: {
        src: "drainListeners",
        onDone: { target: "stopped" },
        onError: { target: "failed", actions: recordError },
      },
      on: { "server.stop": { actions: "stopListeners" } },
    },
    stopped: { type: "final", entry: "releaseResources" },
    failed: { type: "final", entry: ["stopListeners", "releaseResources"] },
  },
});

export type ServerState = SnapshotFrom<typeof serverMachine>["value"];
