import { apply, compare, events, fleetStateMachine, situationText } from "./fleet-state.model.ts";
import { walkFleets } from "./fleet-suite.ts";
import { WalkedFleet } from "./walked-nodes.ts";

walkFleets({
  of: "what all nodes of a fleet share",
  proves: "who was away catches up",
  machine: fleetStateMachine,
  events,
  open: (server, number) => WalkedFleet.open(server, { prefix: `shared${number}`, text: "document 0" }),
  async step(fleet, event, { next }) {
    await apply(fleet, event);
    return compare(fleet, next);
  },
  situationText,
  eventText: (event) => ("node" in event ? `${event.node} ${event.type}` : event.type),
});
