import { walkFleets } from "./fleet-suite.ts";
import { apply, cap, compare, events, fleetThreadsMachine, situationText } from "./fleet-threads.model.ts";
import { WalkedThreads } from "./walked-threads.ts";

walkFleets({
  of: "slots of a fleet that the threads of its nodes take",
  proves: "nobody takes what is not leased",
  machine: fleetThreadsMachine,
  events,
  open: (server, number) => WalkedThreads.open(server, { prefix: `threads${number}`, cap }),
  step: async (fleet, event, { next }) => compare(fleet, next, await apply(fleet, event)),
  situationText,
  eventText: (event) => ("place" in event ? `${event.place}: ${event.type}` : event.type),
});
