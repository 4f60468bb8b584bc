/**
 * The life of the server: all its listeners, from the first bind to the last connection's end.
 *
 * `starting` binds everything before anything listens, so that a failed start leaves nothing open; `running` serves;
 * `draining` has stopped accepting and waits for the sessions; `releasing` gives back what they stood on, and what a start
 * that was called off has made, within a time limit: a disk that hangs ends nobody's stop; `stopped` and `failed` end it.
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

/** How long what is kept, or a start that was called off, may take to let go, in milliseconds. */
const RELEASE_TIMEOUT = 5_000;

export const serverMachine = setup({
  types: {
    context: {} as ServerContext,
    events: {} as ServerEvent,
  },
  actors: unprovidedWork("server", [
    /** Certificates, then bind everywhere, then listen everywhere; rejects with every error there is. */
    "startListeners",
    /** Calls off the reload under way and tells every listener to drain; resolves when all are closed. */
    "drainListeners",
    /** Closes what is kept. A start that was called off ends first; it looks at its signal. */
    "releaseFoundation",
  ]),
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    ...unprovided("server", [
      /** Ends every listener and connection now. */
      "stopListeners",
      /** Gives back what listeners shared: timers, protocols, metrics. */
      "releaseResources",
      /** Tells that something has not let go in time, and is left behind. */
      "tellOfLeftBehind",
    ]),
  },
  delays: { releaseTimeout: RELEASE_TIMEOUT },
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
        onDone: { target: "releasing" },
        onError: { target: "failed", actions: recordError },
      },
      on: { "server.stop": { actions: "stopListeners" } },
    },
    releasing: {
      invoke: {
        src: "releaseFoundation",
        onDone: { target: "stopped" },
        onError: { target: "failed", actions: recordError },
      },
      after: { releaseTimeout: { target: "stopped", actions: "tellOfLeftBehind" } },
    },
    stopped: { type: "final", entry: "releaseResources" },
    failed: { type: "final", entry: ["stopListeners", "releaseResources"] },
  },
});

export type ServerState = SnapshotFrom<typeof serverMachine>["value"];
