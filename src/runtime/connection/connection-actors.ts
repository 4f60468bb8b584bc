/** Runs the connection machine, whose effects are methods of the connection. */

import type { Inspector } from "../../charts/inspector.ts";
import {
  actorsOf,
  carrierOf as carrierOfActor,
  type LifecycleActor,
  type LifecycleMode,
  lifecycleLogic,
} from "../../charts/lifecycle-logic.ts";
import type { EndCause } from "../../machines/causes.ts";
import {
  type ConnectionContext,
  type ConnectionSettings,
  type ConnectionState,
  connectionMachine,
} from "../../machines/connection.ts";
import type { ChartFlows } from "../observe/chart-flows.ts";
import { actorClock } from "../time/alarms.ts";
import type { Clock } from "../time/clock.ts";

/** The machine's effects, as the connection provides them; `src/machines/connection.ts` says what each is for. */
export interface ConnectionEffects {
  readonly facts: { readonly id: string };
  /** The inspector of this connection; undefined when nobody inspects it. */
  readonly watcher: Inspector | undefined;
  readProxyHeader(): void;
  askRules(): void;
  expireRules(): void;
  leaveRules(): void;
  startHandshake(): void;
  openSession(): void;
  secureSession(): void;
  drainSession(): void;
  endSocket(cause: EndCause): void;
  destroySocket(): void;
  closeSession(cause: EndCause): void;
  returnSlot(): void;
  reportClosed(cause: EndCause): void;
  /** The machine has processed an event. */
  stateChanged(state: ConnectionState): void;
}

function carrierOf(self: object): ConnectionEffects {
  const connection = carrierOfActor(self);
  if (!connection) throw new Error("The connection machine ran in an actor that no connection carries.");
  return connection as ConnectionEffects;
}

const logic = lifecycleLogic(
  connectionMachine.provide({
    actions: {
      readProxyHeader: ({ self }) => carrierOf(self).readProxyHeader(),
      askRules: ({ self }) => carrierOf(self).askRules(),
      expireRules: ({ self }) => carrierOf(self).expireRules(),
      leaveRules: ({ self }) => carrierOf(self).leaveRules(),
      startHandshake: ({ self }) => carrierOf(self).startHandshake(),
      openSession: ({ self }) => carrierOf(self).openSession(),
      secureSession: ({ self }) => carrierOf(self).secureSession(),
      drainSession: ({ self }) => carrierOf(self).drainSession(),
      endSocket: ({ self, context }) => carrierOf(self).endSocket(context.cause ?? "socket-error"),
      destroySocket: ({ self }) => carrierOf(self).destroySocket(),
      closeSession: ({ self, context }) => carrierOf(self).closeSession(context.cause ?? "socket-error"),
      returnSlot: ({ self }) => carrierOf(self).returnSlot(),
      reportClosed: ({ self, context }) => carrierOf(self).reportClosed(context.cause ?? "socket-error"),
    },
  }),
);

export type ConnectionActors = (
  connection: ConnectionEffects,
  settings: ConnectionSettings,
) => LifecycleActor<typeof connectionMachine>;

/** Makes the actors of a listener's connections. */
export function connectionActors(host: {
  readonly lifecycleMode: LifecycleMode;
  readonly clock: Clock;
  readonly flows: ChartFlows;
}): ConnectionActors {
  const passages = host.flows.of("connection");
  const actors = actorsOf<typeof connectionMachine, ConnectionEffects>(logic, {
    mode: host.lifecycleMode,
    id: ({ facts }) => `connection:${facts.id}`,
    clock: actorClock(host.clock),
    inspect: ({ watcher }) => watcher,
    passages: () => passages,
    changed: (connection, state) => connection.stateChanged(state),
  });
  // One object for all that start with the same settings: an idle connection needs no context of its own.
  let beginning: ConnectionContext | null = null;
  return (connection, settings) => {
    if (beginning?.settings !== settings) beginning = { settings, cause: null, drainRequested: false };
    return actors(connection, beginning);
  };
}
