/**
 * The life of one connection, from accept to the slot's return.
 *
 * 1. `accepted`: the socket has been accepted and holds a slot.
 * 2. `proxyHeader`: a trusted proxy owes the PROXY header, within `proxyTimeout`.
 * 3. `admitting`: rules that have to ask elsewhere decide, within `admissionTimeout`. Only where there are such rules.
 * 4. `handshaking`: implicit TLS, within `tlsTimeout`.
 * 5. `active`: the protocol's session is running. `upgrading` is the same handshake in mid-session (STARTTLS), then
 * back.
 * 6. `draining`: the session was asked to finish at its next safe point, within `drainTimeout`. A drain in
 *    mid-handshake waits for the handshake; `drain.expired` limits the two together.
 * 7. `closing`: what was written is flushed and FIN sent; the peer has `closeTimeout` to close its side. Skipped when
 *    both sides have already closed theirs.
 * 8. `closed`: the socket is destroyed, the session ended, the slot returned. Entered once, with one cause.
 *
 * The machine obeys the lifecycle subset: no invoke, spawn, history or parallel states.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import type { EndCause } from "./causes.ts";
import { unprovided } from "./effect.ts";

/** The listener's settings for its connections, shared by all of them; times are milliseconds. */
export interface ConnectionSettings {
  readonly tlsImplicit: boolean;
  /** There are admission rules that have to ask elsewhere. */
  readonly asyncAdmission: boolean;
  readonly proxyTimeout: number;
  /** How long all of those rules may take together. */
  readonly admissionTimeout: number;
  readonly tlsTimeout: number;
  readonly drainTimeout: number;
  /** How long a peer may take to read the last bytes and close its side. */
  readonly closeTimeout: number;
}

export interface ConnectionContext {
  readonly settings: ConnectionSettings;
  /** Why the connection ends; null while it lives. The first cause stays. */
  readonly cause: EndCause | null;
  /** The server asked for a drain before there was a session to ask. */
  readonly drainRequested: boolean;
}

export type ConnectionEvent =
  /** Admission gave a slot. `proxied`: the peer is a trusted proxy and owes a PROXY header. */
  | { type: "connection.admitted"; proxied: boolean }
  /** Admission refused: on what the PROXY header said, or by a rule that asked elsewhere. */
  | { type: "connection.refused" }
  /** No rule that asked elsewhere refused. */
  | { type: "connection.granted" }
  /** Finish at the next safe point. */
  | { type: "connection.drain" }
  /** `drainTimeout` has passed since the whole listener began to drain. */
  | { type: "drain.expired" }
  /** End now, without waiting for a safe point. */
  | { type: "connection.stop" }
  | { type: "proxy.accepted" }
  | { type: "proxy.rejected" }
  | { type: "tls.secured" }
  | { type: "tls.failed" }
  | { type: "session.upgrade" }
  /** `finished`: nothing is waited for. Both sides have closed theirs and everything has been sent, or the cause cuts. */
  | { type: "session.ended"; cause: EndCause; finished: boolean }
  /** FIN before there was a session to handle it. */
  | { type: "peer.ended" }
  | { type: "socket.failed"; cause: EndCause }
  | { type: "socket.closed"; cause: EndCause };

const records = (cause: EndCause) => ({ type: "recordCause", params: { cause } }) as const;

/** At once: unflushed data is lost. */
const closes = (cause: EndCause) => ({ target: "closed", actions: records(cause) }) as const;

/** What was written is flushed first. */
const ends = (cause: EndCause) => ({ target: "closing", actions: records(cause) }) as const;

/** Before there is a session, nothing has been written that needs flushing. */
const cutShort = { "connection.stop": closes("stopped"), "drain.expired": closes("drain-timeout") } as const;

/** The event carries the cause. */
const recordItsCause = {
  type: "recordCause",
  params: ({ event }: { event: { cause: EndCause } }) => ({ cause: event.cause }),
} as const;

/** A session that has finished has nothing to wait for. */
const sessionEnded = [
  { guard: "finished", target: "closed", actions: recordItsCause },
  { target: "closing", actions: recordItsCause },
] as const;

/** The way of an admitted client, once its own address is known. */
const opens = [
  { guard: "tlsImplicit", target: "handshaking" },
  { guard: "drainRequested", target: "draining", actions: "openSession" },
  { target: "active", actions: "openSession" },
] as const;

const asksFirst = { guard: "asyncAdmission", target: "admitting" } as const;

/**
 * Implicit TLS and STARTTLS are one handshake; they differ in which session action follows it. A stalled handshake
 * loses the raw socket at `tlsTimeout`.
 */
const handshake = (sessionAction: "openSession" | "secureSession") =>
  ({
    entry: "startHandshake",
    after: { tlsTimeout: closes("tls-timeout") },
    on: {
      "tls.secured": [
        { guard: "drainRequested", target: "draining", actions: sessionAction },
        { target: "active", actions: sessionAction },
      ],
      "tls.failed": closes("tls-failed"),
      "connection.drain": { actions: "requestDrain" },
      "peer.ended": closes("peer-ended"),
      ...cutShort,
    },
  }) as const;

export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    /** The initial context. */
    input: {} as ConnectionContext,
    events: {} as ConnectionEvent,
  },
  actions: {
    recordCause: assign({
      cause: ({ context }, params: { cause: EndCause }) => context.cause ?? params.cause,
    }),
    requestDrain: assign({ drainRequested: true }),
    ...unprovided("connection", [
      /** Reads the PROXY header; answers with `proxy.accepted` or `proxy.rejected`. */
      "readProxyHeader",
      /** Asks the rules that ask elsewhere; answers with `connection.granted` or `connection.refused`. */
      "askRules",
      /** Time is up: the rules that have not answered admit or refuse, as each says for its failure. */
      "expireRules",
      /** Nobody waits for the rules any longer. */
      "leaveRules",
      /** Flushes, drops what the peer sent in clear, does the handshake; answers with `tls.secured` or `tls.failed`. */
      "startHandshake",
      /** Opens the protocol's session and lets it greet. */
      "openSession",
      /** Tells the session that its connection is now secured. */
      "secureSession",
      /** Asks the session to finish at its next safe point. */
      "drainSession",
      /** Flushes, sends FIN, and drops whatever the peer still sends. */
      "endSocket",
      /** Destroys the raw socket, flushed or not. */
      "destroySocket",
      /** Ends the session. */
      "closeSession",
      "returnSlot",
      /** Emits the one `connection.closed` event. */
      "reportClosed",
    ]),
  },
  guards: {
    proxied: ({ event }) => event.type === "connection.admitted" && event.proxied,
    tlsImplicit: ({ context }) => context.settings.tlsImplicit,
    asyncAdmission: ({ context }) => context.settings.asyncAdmission,
    drainRequested: ({ context }) => context.drainRequested,
    finished: ({ event }) => event.type === "session.ended" && event.finished,
  },
  delays: {
    proxyTimeout: ({ context }) => context.settings.proxyTimeout,
    admissionTimeout: ({ context }) => context.settings.admissionTimeout,
    tlsTimeout: ({ context }) => context.settings.tlsTimeout,
    drainTimeout: ({ context }) => context.settings.drainTimeout,
    closeTimeout: ({ context }) => context.settings.closeTimeout,
  },
}).createMachine({
  id: "connection",
  context: ({ input }) => input,
  initial: "accepted",
  on: {
    "connection.stop": { target: ".closing", actions: records("stopped") },
    "socket.failed": { target: ".closed", actions: recordItsCause },
    "socket.closed": { target: ".closed", actions: recordItsCause },
  },
  states: {
    accepted: {
      on: {
        "connection.admitted": [
          { guard: "proxied", target: "proxyHeader" },
          asksFirst,
          { guard: "tlsImplicit", target: "handshaking" },
          { target: "active", actions: "openSession" },
        ],
        "connection.drain": ends("drained"),
      },
    },
    proxyHeader: {
      entry: "readProxyHeader",
      after: { proxyTimeout: closes("proxy-timeout") },
      on: {
        "proxy.accepted": [asksFirst, ...opens],
        "proxy.rejected": closes("proxy-invalid"),
        "connection.refused": ends("over-cap"),
        "connection.drain": { actions: "requestDrain" },
        "peer.ended": closes("peer-ended"),
        ...cutShort,
      },
    },
    admitting: {
      entry: "askRules",
      exit: "leaveRules",
      after: { admissionTimeout: { actions: "expireRules" } },
      on: {
        "connection.granted": opens,
        "connection.refused": ends("over-cap"),
        "connection.drain": { actions: "requestDrain" },
        "peer.ended": closes("peer-ended"),
        ...cutShort,
      },
    },
    handshaking: handshake("openSession"),
    active: {
      on: {
        "session.upgrade": { target: "upgrading" },
        "session.ended": sessionEnded,
        "connection.drain": { target: "draining" },
      },
    },
    upgrading: handshake("secureSession"),
    draining: {
      entry: "drainSession",
      after: { drainTimeout: ends("drain-timeout") },
      on: {
        "session.ended": sessionEnded,
        "drain.expired": ends("drain-timeout"),
        // A session that still asks for TLS has missed its safe point: nothing is left that is worth securing.
        "session.upgrade": ends("drained"),
      },
    },
    closing: {
      entry: "endSocket",
      after: { closeTimeout: { target: "closed" } },
      on: { "connection.stop": { target: "closed" } },
    },
    closed: {
      type: "final",
      entry: ["destroySocket", "closeSession", "returnSlot", "reportClosed"],
    },
  },
});

export type ConnectionState = SnapshotFrom<typeof connectionMachine>["value"];
