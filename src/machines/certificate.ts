/**
 * The life of a certificate that renews itself by ACME (RFC 8555).
 *
 * `reading` finds what an earlier process has left, or another node of the fleet has got, which is `taking`. `claiming`
 * asks the fleet whether this node may order: one does, and the others are `awaiting` what comes of it, or that its lease
 * ends; without the engine a node is `cutOff`, and orders nothing. Outside a fleet nobody is asked.
 *
 * `ordering` places an order, or takes up the one under way;
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

/** What an earlier process has left, or another node has got. */
export interface KeptCertificate {
  /** There is a certificate for these domains. */
  readonly isIssued: boolean;
  /** The fleet has one that this node has not. */
  readonly isOffered: boolean;
  readonly failures: number;
  /** Milliseconds until the next attempt after a failure; 0 when it may be made now. */
  readonly pause: number;
}

export interface OrderClaim {
  /** This node may order; no other one does until it has come to an end. */
  readonly isGranted: boolean;
}

export interface RenewalOutlook {
  /** It is time for another certificate. */
  readonly isDue: boolean;
  /** Milliseconds until the next look. */
  readonly pause: number;
}

export type CertificateEvent =
  /** The server ends, or its document does not have this certificate any more. */
  | { type: "certificate.stop" }
  /** Another node has changed what the fleet knows of the certificate, or the fleet can be asked again. */
  | { type: "certificate.told" };

/** The names of its states. */
export type CertificateState = SnapshotFrom<typeof certificateMachine>["value"];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CLAIM_PAUSE = 10_000;
const CUT_OFF_PAUSE = 10 * MINUTE;
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

/** The fleet has not said in time whether this node may order. */
export class ClaimTimeoutError extends Error {
  override readonly name = "ClaimTimeoutError";
  readonly code = "acme-fleet";

  constructor() {
    super(
      "The fleet has not said in time whether this node may order. It is asked again; see whether its engine runs.",
    );
  }
}

const allIsWell = { error: null, failures: 0, isFresh: false };

function failureOf({ failures, jitter }: CertificateContext, error: unknown) {
  const count = failures + 1;
  return { error, failures: count, isFresh: false, pause: pauseAfter(count, { jitter, error }) };
}

const recordFailure = {
  type: "recordFailure",
  params: ({ event }: { readonly event: { readonly error: unknown } }) => ({ error: event.error }),
} as const;

const failed = {
  target: "failing",
  actions: [recordFailure, "reportFailure", "shareFailure", "yieldOrder"],
} as const;

/** A matter of this node alone, such as its disk. */
const failedHere = { target: "failing", actions: [recordFailure, "reportFailure"] } as const;

const cutOff = {
  target: "cutOff",
  actions: [
    {
      type: "recordCutOff",
      params: ({ event }: { readonly event: { readonly error: unknown } }) => ({ error: event.error }),
    },
    "reportCutOff",
  ],
} as const;

const looksAgain = { target: "reading", reenter: true } as const;

const tookTooLong = {
  target: "failing",
  actions: ["recordTimeout", "reportFailure", "shareFailure", "yieldOrder"],
} as const;

export const certificateMachine = setup({
  types: {
    context: {} as CertificateContext,
    events: {} as CertificateEvent,
    input: {} as CertificateInput,
  },
  actors: {
    readKept: unprovidedQuestion("certificate", "readKept", {} as KeptCertificate),
    claimOrder: unprovidedQuestion("certificate", "claimOrder", {} as OrderClaim),
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
      /** Puts on disk and into force what another node has got. */
      "takeOffered",
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
    /** Nothing has failed that the authority would have to be spared. */
    recordCutOff: assign((_, { error }: { readonly error: unknown }) => ({ error })),
    recordClaimTimeout: assign({ error: () => new ClaimTimeoutError() }),
    ...unprovided("certificate", [
      /** Reports the order that begins. */
      "reportOrder",
      /** Reports the failure, and writes down when the next attempt may be made. */
      "reportFailure",
      /** Reports that the fleet cannot be asked, so that nothing is ordered. */
      "reportCutOff",
      /** Tells the other nodes of the failure, so that they wait, too. */
      "shareFailure",
      /** Another node may order from now on. */
      "yieldOrder",
    ]),
  },
  guards: {
    mustWait: (_, { pause }: KeptCertificate) => pause > 0,
    isOffered: (_, { isOffered }: KeptCertificate) => isOffered,
    isGranted: (_, { isGranted }: OrderClaim) => isGranted,
    isKept: (_, { isIssued }: KeptCertificate) => isIssued,
    isDue: (_, { isDue }: RenewalOutlook) => isDue,
    pauseIsLeft: ({ context }) => context.pause > 0,
  },
  delays: {
    claimTimeout: MINUTE,
    /** Nobody says so when the node that orders is gone. */
    claimPause: CLAIM_PAUSE,
    /** Mostly the fleet says before that it is back. */
    cutOffPause: CUT_OFF_PAUSE,
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
            guard: { type: "isOffered", params: ({ event }) => event.output },
            target: "taking",
            actions: { type: "recordKept", params: ({ event }) => event.output },
          },
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
          { target: "claiming", actions: { type: "recordKept", params: ({ event }) => event.output } },
        ],
        onError: failedHere,
      },
      on: { "certificate.told": looksAgain },
    },
    taking: {
      invoke: {
        src: "takeOffered",
        // Something else may have come meanwhile.
        onDone: { target: "reading" },
        onError: failedHere,
      },
    },
    claiming: {
      invoke: {
        src: "claimOrder",
        onDone: [
          { guard: { type: "isGranted", params: ({ event }) => event.output }, target: "ordering" },
          { target: "awaiting" },
        ],
        onError: cutOff,
      },
      on: { "certificate.told": { ...looksAgain, actions: "yieldOrder" } },
      after: { claimTimeout: { target: "cutOff", actions: ["recordClaimTimeout", "reportCutOff", "yieldOrder"] } },
    },
    awaiting: {
      on: { "certificate.told": looksAgain },
      after: { claimPause: { target: "claiming" } },
    },
    cutOff: {
      on: { "certificate.told": looksAgain },
      after: { cutOffPause: { target: "reading" } },
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
          { guard: "pauseIsLeft", target: "failing", actions: "yieldOrder" },
          { target: "renewing", actions: ["recordUse", "yieldOrder"] },
        ],
        onError: failed,
      },
      on: { "certificate.told": looksAgain },
    },
    waiting: {
      on: { "certificate.told": looksAgain },
      after: { renewalPause: { target: "renewing" } },
    },
    renewing: {
      invoke: {
        src: "lookAtRenewal",
        onDone: [
          { guard: { type: "isDue", params: ({ event }) => event.output }, target: "claiming" },
          { target: "waiting", actions: { type: "recordOutlook", params: ({ event }) => event.output } },
        ],
        onError: { target: "waiting", actions: "postponeLook" },
      },
      on: { "certificate.told": looksAgain },
      after: { renewalTimeout: { target: "waiting", actions: "postponeLook" } },
    },
    failing: {
      on: { "certificate.told": looksAgain },
      after: { retryPause: { target: "reading" } },
    },
    stopped: { type: "final", entry: "yieldOrder" },
  },
});
