import { apply, compare, events, fleetDocumentMachine, situationText, textOf } from "./fleet-document.model.ts";
import { walkFleets } from "./fleet-suite.ts";
import { WalkedFleet } from "./walked-nodes.ts";

walkFleets({
  of: "a document that is proposed to a fleet",
  proves: "all have the document, or none",
  machine: fleetDocumentMachine,
  events,
  open: (server, number) => WalkedFleet.open(server, { prefix: `walk${number}`, text: textOf(0) }),
  async step(fleet, event, contexts) {
    await apply(fleet, event, contexts);
    return compare(fleet, contexts.next);
  },
  situationText,
  eventText: (event) => ("node" in event ? `${event.node} ${event.type}` : event.type),
});
