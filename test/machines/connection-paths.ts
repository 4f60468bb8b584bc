/** Every way through the connection's chart, and what an actor did on it. */
import { type AnyEventObject, createActor, SimulatedClock, type SnapshotFrom } from "xstate";
import { getSimplePaths } from "xstate/graph";
import {
  type ConnectionContext,
  type ConnectionEvent,
  type ConnectionSettings,
  connectionMachine,
} from "../../src/machines/index.ts";

export const settings: ConnectionSettings = {
  tlsImplicit: false,
  asyncAdmission: false,
  proxyTimeout: 5_000,
  admissionTimeout: 10_000,
  tlsTimeout: 60_000,
  drainTimeout: 30_000,
  closeTimeout: 2_000,
};

/** What a connection with these settings begins with. */
export function beginning(settings: ConnectionSettings): ConnectionContext {
  return { settings, cause: null, drainRequested: false };
}

export const effectNames = [
  "readProxyHeader",
  "askRules",
  "expireRules",
  "leaveRules",
  "startHandshake",
  "openSession",
  "secureSession",
  "drainSession",
  "endSocket",
  "destroySocket",
  "closeSession",
  "returnSlot",
  "reportClosed",
] as const;

export type EffectName = (typeof effectNames)[number];

/** One of each kind; the causes differ, so that it can be told which one was taken. */
const events: readonly ConnectionEvent[] = [
  { type: "connection.admitted", proxied: true },
  { type: "connection.admitted", proxied: false },
  { type: "connection.refused" },
  { type: "connection.granted" },
  { type: "connection.drain" },
  { type: "drain.expired" },
  { type: "connection.stop" },
  { type: "proxy.accepted" },
  { type: "proxy.rejected" },
  { type: "tls.secured" },
  { type: "tls.failed" },
  { type: "session.upgrade" },
  { type: "session.ended", cause: "quit", finished: false },
  { type: "session.ended", cause: "quit", finished: true },
  { type: "peer.ended" },
  { type: "socket.failed", cause: "peer-reset" },
  { type: "socket.closed", cause: "idle-timeout" },
];

/** A time-out as XState sends it: `xstate.after.tlsTimeout.connection.handshaking`. */
const timeouts: readonly AnyEventObject[] = connectionMachine.events
  .filter((type) => String(type).startsWith("xstate.after."))
  .map((type) => ({ type }));

export type ConnectionSnapshot = SnapshotFrom<typeof connectionMachine>;

export interface Run {
  /** Named effects, in the order in which they ran. */
  readonly effects: readonly EffectName[];
  /** After the start and after each event. */
  readonly snapshots: readonly ConnectionSnapshot[];
  readonly last: ConnectionSnapshot;
}

function provided(effectOf: (name: EffectName) => () => void) {
  const actions = Object.fromEntries(effectNames.map((name) => [name, effectOf(name)]));
  return connectionMachine.provide({ actions: actions as Record<EffectName, () => void> });
}

/** With effects that do nothing. */
export function silentMachine() {
  return provided(() => () => {});
}

/** Runs the events through an actor whose effects only note their names. */
export function play(sequence: readonly ConnectionEvent[], withSettings: ConnectionSettings = settings): Run {
  const effects: EffectName[] = [];
  const machine = provided((name) => () => void effects.push(name));
  const actor = createActor(machine, { input: beginning(withSettings), clock: new SimulatedClock() });
  const snapshots: ConnectionSnapshot[] = [];
  actor.start();
  snapshots.push(actor.getSnapshot());
  for (const event of sequence) {
    if (actor.getSnapshot().status !== "active") break;
    actor.send(event);
    snapshots.push(actor.getSnapshot());
  }
  return { effects, snapshots, last: actor.getSnapshot() };
}

/** The events of every path that visits no state twice. */
export function everyPath(withSettings: ConnectionSettings): ConnectionEvent[][] {
  const all = [...events, ...timeouts] as ConnectionEvent[];
  const paths = getSimplePaths(connectionMachine, { input: beginning(withSettings), events: all });
  return paths.map(({ steps }) => steps.map(({ event }) => event).filter(({ type }) => String(type) !== "xstate.init"));
}
