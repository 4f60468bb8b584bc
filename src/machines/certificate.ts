/**
 * The life of a certificate that renews itself by ACME (RFC 8555).
 *
 * `reading` finds what an earlier process has left; `ordering` places an order, or takes up the one under way;
 * `validating` proves the control of each domain; `finalizing` has the certificate issued and puts it on disk; `issued`
 * puts it into force, without which an order does not count as done; `waiting` lasts until the next look at the renewal,
 * which `renewing` takes. What fails is tried again from `failing`, after a pause that doubles, with a look at what there
 * is by then; a certificate that is in force stays there meanwhile.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import { unprovided, unprovidedQuestion, unprovidedWork } from "./effect.ts";

export interface CertificateContext {
  /** Why it failed last; null once a certificate is in force. */
  readonly error: unknown;
  /** Failures in a row. */
  readonly failures: number;
  /** How long `waiting` or `failing` lasts, in milliseconds. */
  readonly pause: number;
  /** The certificate on disk was issued since the last failure. */
  readonly isFresh: boolean;
  readonly jitter: number;
}

export interface CertificateInput {
  /** From 0 to 1, drawn by chance: servers that failed together do not try again together. */
  readonly jitter: number;
}

/** What an earlier process has left. */
export interface KeptCertificate {
  /** There is a certificate for these domains. */
  readonly isIssued: boolean;
  readonly failures: number;
  /** Milliseconds until the next attempt after a failure; 0 when it may be made now. */
  readonly pause: number;
}

export interface RenewalOutlook {
  /** It is time for another certificate. */
  readonly isDue: boolean;
  /** Milliseconds until the next look. */
  readonly pause: number;
}

/** The server ends, or its document does not have this certificate any more. */
export type CertificateEvent = { type: "certificate.stop" };

/** The names of its states. */
export type CertificateState = SnapshotFrom<typeof certificateMachine>["value"];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of the first failure. It doubles with each further one. */
const SHORTEST_PAUSE = MINUTE;
/** Twice a day: no limit of a certification authority is reached by it. */
const LONGEST_PAUSE = 12 * HOUR;

/** Between 80 and 120 per cent of the pause, and never before the authority allows it. */
export function pauseAfter(failures: number, { jitter, error }: { readonly jitter: number; readonly error: unknown }) {
  const doubled = Math.min(SHORTEST_PAUSE * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE);
  return Math.max(Math.round(doubled * (0.8 + 0.4 * jitter)), retryAfterOf(error));
}

/** What the authority has said by Retry-After, in milliseconds. */
function retryAfterOf(error: unknown): number {
  const wanted = typeof error === "object" && error !== null && "retryAfter" in error ? error.retryAfter : 0;
  return typeof wanted === "number" && wanted > 0 ? wanted : 0;
}

/** The authority did not come to an end within the time limit of a state. */
export class CertificateTimeoutError extends Error {
  override readonly name = "CertificateTimeoutError";
  readonly code = "acme-timeout";

  constructor() {
    super(
      "The certification authority has not come to an end in time. It is asked again; see whether it can be reached.",
    );
  }
}

const allIsWell = { error: null, failures: 0, isFresh: false };

function failureOf({ failures, jitter }: CertificateContext, error: unknown) {
  const count = failures + 1;
  return { error, failures: count, isFresh: false, pause: pauseAfter(count, { jitter, error }) };
}

const failed = {
  target: "failing",
  actions: [
    {
      type: "recordFailure",
      params: ({ event }: { readonly event: { readonly error: unknown } }) => ({ error: event.error }),
    },
    "reportFailure",
  ],
} as const;

const tookTooLong = { target: "failing", actions: ["recordTimeout", "reportFailure"] } as const;

export const certificateMachine = setup({
  types: {
    context: {} as CertificateContext,
    events: {} as CertificateEvent,
    input: {} as CertificateInput,
  },
  actors: {
    readKept: unprovidedQuestion("certificate", "readKept", {} as KeptCertificate),
    lookAtRenewal: unprovidedQuestion("certificate", "lookAtRenewal", {} as RenewalOutlook),
    ...unprovidedWork("certificate", [
      /** Finds or makes the account, and places an order or finds the one under way. */
      "placeOrder",
      /** Answers the challenges of the order until it is ready. */
      "proveDomains",
      /** Hands in the request, and puts the key and the certificate on disk. */
      "obtainCertificate",
      /** Has the listeners serve it, then forgets the order. */
      "putInForce",
    ]),
  },
  actions: {
    recordKept: assign(({ context }, { failures, pause }: KeptCertificate) => ({
      failures: Math.max(failures, context.failures),
      pause,
    })),
    recordIssue: assign({ isFresh: true, pause: 0 }),
    /** Failures of a renewal stay until it has succeeded. */
    recordUse: assign(({ context }) => (context.isFresh ? allIsWell : {})),
    recordOutlook: assign((_, { pause }: RenewalOutlook) => ({ ...allIsWell, pause })),
    postponeLook: assign({ pause: HOUR }),
    recordFailure: assign(({ context }, { error }: { readonly error: unknown }) => failureOf(context, error)),
    recordTimeout: assign(({ context }) => failureOf(context, new CertificateTimeoutError())),
    ...unprovided("certificate", [
      /** Reports the order that begins. */
      "reportOrder",
      /** Reports the failure, and writes down when the next attempt may be made. */
      "reportFailure",
    ]),
  },
  guards: {
    mustWait: (_, { pause }: KeptCertificate) => pause > 0,
    isKept: (_, { isIssued }: KeptCertificate) => isIssued,
    isDue: (_, { isDue }: RenewalOutlook) => isDue,
    pauseIsLeft: ({ context }) => context.pause > 0,
  },
  delays: {
    orderTimeout: MINUTE,
    validationTimeout: 5 * MINUTE,
    issueTimeout: 5 * MINUTE,
    renewalTimeout: MINUTE,
    retryPause: ({ context }) => context.pause,
    renewalPause: ({ context }) => context.pause,
  },
}).createMachine({
  id: "certificate",
  context: ({ input }) => ({ error: null, failures: 0, pause: 0, isFresh: false, jitter: input.jitter }),
  initial: "reading",
  on: { "certificate.stop": { target: ".stopped" } },
  states: {
    reading: {
      invoke: {
        src: "readKept",
        onDone: [
          {
            guard: { type: "isKept", params: ({ event }) => event.output },
            target: "issued",
            actions: { type: "recordKept", params: ({ event }) => event.output },
          },
          {
            guard: { type: "mustWait", params: ({ event }) => event.output },
            target: "failing",
            actions: { type: "recordKept", params: ({ event }) => event.output },
          },
          { target: "ordering", actions: { type: "recordKept", params: ({ event }) => event.output } },
        ],
        onError: failed,
      },
    },
    ordering: {
      entry: "reportOrder",
      invoke: { src: "placeOrder", onDone: { target: "validating" }, onError: failed },
      after: { orderTimeout: tookTooLong },
    },
    validating: {
      invoke: { src: "proveDomains", onDone: { target: "finalizing" }, onError: failed },
      after: { validationTimeout: tookTooLong },
    },
    finalizing: {
      invoke: {
        src: "obtainCertificate",
        onDone: { target: "issued", actions: "recordIssue" },
        onError: failed,
      },
      after: { issueTimeout: tookTooLong },
    },
    issued: {
      invoke: {
        src: "putInForce",
        onDone: [
          { guard: "pauseIsLeft", target: "failing" },
          { target: "renewing", actions: "recordUse" },
        ],
        onError: failed,
      },
    },
    waiting: {
      after: { renewalPause: { target: "renewing" } },
    },
    renewing: {
      invoke: {
        src: "lookAtRenewal",
        onDone: [
          { guard: { type: "isDue", params: ({ event }) => event.output }, target: "ordering" },
          { target: "waiting", actions: { type: "recordOutlook", params: ({ event }) => event.output } },
        ],
        onError: { target: "waiting", actions: "postponeLook" },
      },
      after: { renewalTimeout: { target: "waiting", actions: "postponeLook" } },
    },
    failing: {
      after: { retryPause: { target: "reading" } },
    },
    stopped: { type: "final" },
  },
});
