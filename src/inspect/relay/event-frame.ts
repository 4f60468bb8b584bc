import type { PresentedEvent } from "../presented.ts";
import { type NumberedDefinition, numberedDefinition } from "./chart-definitions.ts";
import type { Frame } from "./frames.ts";
import { statelyEvent } from "./stately-event.ts";

/** Gatehouse's own events as a frame. */
export function eventFrame(events: readonly PresentedEvent[]): Frame {
  const definitions = new Set<NumberedDefinition>();
  for (const { type, actorRef } of events)
    if (type === "@xstate.actor" && actorRef.chart !== null) definitions.add(numberedDefinition(actorRef.logic.config));
  return { text: JSON.stringify(events.map(statelyEvent)), count: events.length, definitions };
}
