/** What an observer of the tree has got. */
import type { PresentedEvent } from "../../src/inspect/index.ts";

export interface CollectedEvents {
  readonly events: readonly PresentedEvent[];
  observer(event: PresentedEvent): void;
  /** Waits until an event is there that this holds for. */
  until(holds: (event: PresentedEvent) => boolean): Promise<PresentedEvent>;
}

export function collectEvents(): CollectedEvents {
  const events: PresentedEvent[] = [];
  const waiting = new Set<(event: PresentedEvent) => void>();
  return {
    events,
    observer(event) {
      events.push(event);
      for (const look of waiting) look(event);
    },
    until: (holds) =>
      new Promise((resolve) => {
        const past = events.find(holds);
        if (past) return resolve(past);
        const look = (event: PresentedEvent): void => {
          if (!holds(event)) return;
          waiting.delete(look);
          resolve(event);
        };
        waiting.add(look);
      }),
  };
}

/** The names of actors from the root down, `/` between them. */
export function pathOf({ actorRef }: Pick<PresentedEvent, "actorRef">): string {
  const above = actorRef._parent ? `${pathOf({ actorRef: actorRef._parent })}/` : "";
  return above + actorRef.id.replace(/(?<=^(?:connection|smtp|\w*):)[0-9a-z]+(?:-[0-9a-z]+){2,3}$/, "ID");
}

/** The connection has closed. */
export function closed(event: PresentedEvent): boolean {
  return (
    event.type === "@xstate.snapshot" && event.actorRef.chart === "connection" && event.snapshot.status !== "active"
  );
}
