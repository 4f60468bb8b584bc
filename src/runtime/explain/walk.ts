/** The states of the connection's chart that a client would pass, asked of the chart itself. */
import { initialTransition, type SnapshotFrom, transition } from "xstate";
import { type ConnectionEvent, type ConnectionSettings, connectionMachine } from "../../machines/connection.ts";

/** The states after each of the events, the first before any: `accepted`, `handshaking`, `active`. */
export function statesOnTheWay(settings: ConnectionSettings, events: readonly ConnectionEvent[]): readonly string[] {
  let [snapshot]: [SnapshotFrom<typeof connectionMachine>, ...unknown[]] = initialTransition(connectionMachine, {
    settings,
    cause: null,
    drainRequested: false,
  });
  const states: string[] = [snapshot.value];
  for (const event of events) {
    [snapshot] = transition(connectionMachine, snapshot, event);
    states.push(snapshot.value);
  }
  return states;
}
