/**
 * The life of one worker of a server that has several: a thread with an event loop of its own, which accepts and serves.
 *
 * `starting` makes the thread, which prepares what the document in force needs; `opening` lets it serve, and its first
 * clients may be there before it has said so; `running` serves; `replaced` has lost its thread, gives back what that had
 * taken, and waits before it starts another; `draining` lets its sessions finish; `ended` has no thread. `failed` has lost
 * too many threads in too short a time.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import { recordError, unprovided, unprovidedWork } from "./effect.ts";

/** Times are milliseconds. */
export interface WorkerContext {
  /** Threads that were lost lately. */
  readonly losses: number;
  /** Why the last one was. */
  readonly error: unknown;
}

export type WorkerEvent =
  /** The thread has ended, though nobody asked it to. */
  | { type: "thread.lost"; readonly error: unknown }
  /** Let the sessions finish, within `drainTimeout`. */
  | { type: "worker.drain" }
  /** End at once. */
  | { type: "worker.stop" };

/** The first and the longest wait before another thread is made; it doubles in between. */
const shortestBackOff = 100;
const longestBackOff = 5_000;
/** So many threads may be lost before one has run for `steadyTime`. */
const mostLosses = 8;
/** A thread that has run for so long makes up for those that were lost before. */
const steadyTime = 30_000;

export const workerMachine = setup({
  types: { context: {} as WorkerContext, events: {} as WorkerEvent },
  actors: unprovidedWork("worker", [
    /** Makes the thread, which prepares everything; resolves when it may serve. */
    "startThread",
    /** Lets the thread serve; resolves when it does. */
    "openThread",
    /** Asks the thread to finish, once it serves; resolves when it has ended. */
    "drainThread",
  ]),
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    countLoss: assign({ losses: ({ context }) => context.losses + 1 }),
    forgetLosses: assign({ losses: 0 }),
    ...unprovided("worker", [
      /** Gives back the slots of a thread that has ended, and its part of whatever else is shared. */
      "giveBack",
      /** Reports that a thread was lost, and why. */
      "reportLost",
      /** Reports that the worker has failed for good. */
      "reportFailed",
      /** Ends the thread in mid-work. */
      "endThread",
    ]),
  },
  guards: { tooOften: ({ context }) => context.losses >= mostLosses },
  delays: {
    backOff: ({ context }) => Math.min(shortestBackOff * 2 ** (context.losses - 1), longestBackOff),
    steadyTime,
  },
}).createMachine({
  id: "worker",
  context: { losses: 0, error: null },
  initial: "starting",
  states: {
    starting: {
      invoke: {
        src: "startThread",
        onDone: { target: "opening" },
        onError: { target: "replaced", actions: recordError },
      },
      on: {
        "thread.lost": { target: "replaced", actions: recordError },
        "worker.drain": { target: "ended", actions: "endThread" },
        "worker.stop": { target: "ended", actions: "endThread" },
      },
    },
    opening: {
      invoke: {
        src: "openThread",
        onDone: { target: "running" },
        onError: { target: "replaced", actions: recordError },
      },
      on: {
        "thread.lost": { target: "replaced", actions: recordError },
        "worker.drain": { target: "draining" },
        "worker.stop": { target: "ended", actions: "endThread" },
      },
    },
    running: {
      after: { steadyTime: { actions: "forgetLosses" } },
      on: {
        "thread.lost": { target: "replaced", actions: recordError },
        "worker.drain": { target: "draining" },
        "worker.stop": { target: "ended", actions: "endThread" },
      },
    },
    replaced: {
      entry: ["endThread", "giveBack", "countLoss", "reportLost"],
      always: { guard: "tooOften", target: "failed" },
      after: { backOff: { target: "starting" } },
      on: { "worker.drain": { target: "ended" }, "worker.stop": { target: "ended" } },
    },
    draining: {
      invoke: { src: "drainThread", onDone: { target: "ended" }, onError: { target: "ended" } },
      on: {
        "thread.lost": { target: "ended", actions: "endThread" },
        "worker.stop": { target: "ended", actions: "endThread" },
      },
    },
    ended: { type: "final", entry: "giveBack" },
    failed: { type: "final", entry: "reportFailed" },
  },
});

export type WorkerState = SnapshotFrom<typeof workerMachine>["value"];
