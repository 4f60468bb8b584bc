/**
 * A change of the configuration document while the server runs, as one transaction.
 *
 * `validating` plans the difference; `staging` prepares all that is new (sockets bound but not listening, certificates
 * read, accounts resolved) and touches nothing that runs; `swapping` puts it in place of the old; `retiring`
 * releases what is no longer needed. A failure before the swap is undone in `rollingBack`, and everything stays as it
 * was. A document that arrives meanwhile waits; of several, only the newest is kept. Stopping the server waits for no
 * file: a reload that has not reached the swap is undone; from the swap on it waits for nothing outside, and is carried
 * out.
 */
import { assign, setup } from "xstate";
import { recordError, unprovided, unprovidedWork } from "./effect.ts";

/** Documents are known by number: their contents hold secrets, which inspectors must not see. */
export interface ReloadContext {
  /** The document being applied. */
  readonly document: number | null;
  /** The newest that has arrived meanwhile. */
  readonly next: number | null;
  /** What went wrong with the document being applied. */
  readonly error: unknown;
  /** The document under way is the last. */
  readonly ending: boolean;
}

export type ReloadEvent =
  | { type: "document.arrived"; document: number }
  /** The server ends: no further document counts. Whoever sent one that is called off gets the error. */
  | { type: "reload.stop"; error: unknown };

const documentUnderWay = ({ context }: { readonly context: ReloadContext }) => ({ document: context.document });

export const reloadMachine = setup({
  types: {
    context: {} as ReloadContext,
    events: {} as ReloadEvent,
  },
  actors: unprovidedWork(
    "reload",
    [
      "planReload",
      "stageReload",
      "swapStaged",
      "retireReplaced",
      /** Closes and discards what was staged. */
      "discardStaged",
    ],
    {} as { document: number | null },
  ),
  actions: {
    takeUp: assign({ document: (_, params: { document: number | null }) => params.document, error: null }),
    takeUpNext: assign({ document: ({ context }) => context.next, next: null, error: null }),
    keepNewest: assign({ next: (_, params: { document: number }) => params.document }),
    recordError: assign({ error: (_, params: { error: unknown }) => params.error }),
    makeLast: assign({ ending: true }),
    ...unprovided("reload", [
      /** Answers the sender of the document that was carried out. */
      "reportCarriedOut",
      /** Answers the sender of the rejected document with the error. */
      "reportRejected",
    ]),
  },
  guards: {
    documentWaits: ({ context }) => context.next !== null,
    isEnding: ({ context }) => context.ending,
  },
}).createMachine({
  id: "reload",
  context: { document: null, next: null, error: null, ending: false },
  initial: "idle",
  on: {
    "document.arrived": {
      actions: { type: "keepNewest", params: ({ event }) => ({ document: event.document }) },
    },
    "reload.stop": { actions: "makeLast" },
  },
  states: {
    idle: {
      always: [
        { guard: "isEnding", target: "stopped" },
        { guard: "documentWaits", target: "validating", actions: "takeUpNext" },
      ],
      on: {
        "document.arrived": {
          target: "validating",
          actions: { type: "takeUp", params: ({ event }) => ({ document: event.document }) },
        },
        "reload.stop": { target: "stopped" },
      },
    },
    validating: {
      invoke: {
        src: "planReload",
        input: documentUnderWay,
        onDone: { target: "staging" },
        onError: { target: "idle", actions: [recordError, "reportRejected"] },
      },
      on: { "reload.stop": { target: "idle", actions: ["makeLast", recordError, "reportRejected"] } },
    },
    staging: {
      invoke: {
        src: "stageReload",
        input: documentUnderWay,
        onDone: { target: "swapping" },
        onError: { target: "rollingBack", actions: recordError },
      },
      on: { "reload.stop": { target: "rollingBack", actions: ["makeLast", recordError] } },
    },
    swapping: {
      invoke: {
        src: "swapStaged",
        input: documentUnderWay,
        onDone: { target: "retiring" },
        onError: { target: "rollingBack", actions: recordError },
      },
    },
    retiring: {
      invoke: {
        src: "retireReplaced",
        input: documentUnderWay,
        onDone: { target: "idle", actions: "reportCarriedOut" },
        onError: { target: "idle", actions: "reportCarriedOut" },
      },
    },
    rollingBack: {
      invoke: {
        src: "discardStaged",
        input: documentUnderWay,
        onDone: { target: "idle", actions: "reportRejected" },
        onError: { target: "idle", actions: "reportRejected" },
      },
    },
    stopped: { type: "final" },
  },
});
