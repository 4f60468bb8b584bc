/**
 * The life of the server: all its listeners, from the first bind to the last connection's end.
 *
 * `starting` binds everything before anything listens, so that a failed start leaves nothing open; `running` serves;
 * `draining` has stopped accepting and waits for the sessions; `releasing` gives back their shared resources, and those
 * of a start that was called off, within a time limit, so that a hung disk cannot block a stop; `stopped` and `failed`
 * end it.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import { recordError, unprovided, unprovidedWork } from "./effect.ts";

export interface ServerContext {
  /** The error that led to `failed`. */
  readonly error: unknown;
}

export type ServerEvent =
  /** Stop accepting, let every session finish within `drainTimeout`, then stop. */
  | { type: "server.drain" }
  /** Stop without waiting. */
  | { type: "server.stop" }
  /** A worker has lost too many threads in too short a time. */
  | { type: "workers.failed"; readonly error: unknown };

/** How long releasing resources, or calling off a start, may take, in milliseconds. */
const RELEASE_TIMEOUT = 5_000;

export const serverMachine = setup({
  types: {
    context: {} as ServerContext,
    events: {} as ServerEvent,
  },
  actors: unprovidedWork("server", [
    /** Certificates, then bind everywhere, then listen everywhere; rejects with all errors. */
    "startListeners",
    /** Calls off the current reload and drains every listener; resolves when all are closed. */
    "drainListeners",
    /** Releases what is held. A start that was called off ends first; it checks its signal. */
    "releaseFoundation",
  ]),
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    ...unprovided("server", [
      /** Ends every listener and connection now. */
      "stopListeners",
      /** Releases what listeners shared: timers, protocols, metrics. */
      "releaseResources",
      /** Reports that something was not released in time and is abandoned. */
      "reportLeftBehind",
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
        "workers.failed": { target: "failed", actions: recordError },
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
      after: { releaseTimeout: { target: "stopped", actions: "reportLeftBehind" } },
    },
    stopped: { type: "final", entry: "releaseResources" },
    failed: { type: "final", entry: ["stopListeners", "releaseResources"] },
  },
});

export type ServerState = SnapshotFrom<typeof serverMachine>["value"];
