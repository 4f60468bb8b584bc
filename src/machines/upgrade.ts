/**
 * One upgrade in place: the program on disk takes over from the process that runs.
 *
 * `spawning` starts the successor, which inherits the listening sockets; `warming` waits until it has read the document
 * and the certificates, and opened the store; `handingOver` stops accepting, so that the kernel queues, and hands over
 * what is in memory until the successor accepts; `draining` lets the sessions finish; `done` ends it. Whatever goes wrong
 * before the successor accepts leads through `takingBack`, which ends the successor and accepts again, to `failed`.
 */
import { assign, setup } from "xstate";
import { recordError, unprovided, unprovidedWork } from "./effect.ts";

/** Times are milliseconds. */
export interface UpgradeInput {
  /** How long the successor may take until it is ready. */
  readonly upgradeTimeout: number;
  /** How long it may take from then on until it accepts: clients wait in the kernel's queue meanwhile. */
  readonly handOverTimeout: number;
}

export interface UpgradeContext {
  readonly timeouts: UpgradeInput;
  /** Why the successor did not take over. */
  readonly error: unknown;
  /** It did not, and said nothing for too long. */
  readonly silent: boolean;
}

export type UpgradeEvent =
  /** The successor could serve: nothing is missing but the sockets' clients. */
  | { type: "successor.ready" }
  /** It accepts clients. */
  | { type: "successor.accepting" }
  /** It has said that it cannot, or has ended. */
  | { type: "successor.failed"; error: unknown }
  /** The server ends: nobody is to succeed it. */
  | { type: "upgrade.stop"; error: unknown };

const givesUp = { target: "takingBack", actions: recordError } as const;

export const upgradeMachine = setup({
  types: {
    context: {} as UpgradeContext,
    input: {} as UpgradeInput,
    events: {} as UpgradeEvent,
  },
  actors: unprovidedWork("upgrade", [
    /** Waits for the current reload, then starts the program with the listening sockets. */
    "startSuccessor",
    /** Stops accepting everywhere, then sends what is in memory. */
    "handOver",
    /** Ends the successor; then takes back what was handed over, and accepts again. */
    "takeBack",
    /** Lets every session finish, and stops. */
    "drainServer",
  ]),
  actions: {
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    recordSilence: assign({ silent: true }),
    ...unprovided("upgrade", [
      /** The successor is in charge: tells it so, the service manager, and whoever asked for the upgrade. */
      "reportSucceeded",
      /** Tells whoever asked for the upgrade why there is none. */
      "reportFailed",
    ]),
  },
  delays: {
    upgradeTimeout: ({ context }) => context.timeouts.upgradeTimeout,
    handOverTimeout: ({ context }) => context.timeouts.handOverTimeout,
  },
}).createMachine({
  id: "upgrade",
  context: ({ input }) => ({ timeouts: input, error: null, silent: false }),
  initial: "spawning",
  states: {
    spawning: {
      invoke: { src: "startSuccessor", onDone: { target: "warming" }, onError: givesUp },
      on: { "upgrade.stop": givesUp },
    },
    warming: {
      after: { upgradeTimeout: { target: "takingBack", actions: "recordSilence" } },
      on: {
        "successor.ready": { target: "handingOver" },
        "successor.failed": givesUp,
        "upgrade.stop": givesUp,
      },
    },
    handingOver: {
      invoke: { src: "handOver", onError: givesUp },
      after: { handOverTimeout: { target: "takingBack", actions: "recordSilence" } },
      on: {
        "successor.accepting": { target: "draining" },
        "successor.failed": givesUp,
        "upgrade.stop": givesUp,
      },
    },
    takingBack: {
      invoke: { src: "takeBack", onDone: { target: "failed" }, onError: { target: "failed" } },
    },
    draining: {
      entry: "reportSucceeded",
      invoke: { src: "drainServer", onDone: { target: "done" }, onError: { target: "done" } },
    },
    done: { type: "final" },
    failed: { type: "final", entry: "reportFailed" },
  },
});
