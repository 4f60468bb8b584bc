/** The actors that live, for a page that joins late. */
import type { StatelyActorEvent, StatelyInspectionEvent, StatelySnapshotEvent } from "@statelyai/inspect";

interface LivingActor {
  readonly actor: StatelyActorEvent;
  readonly last: StatelySnapshotEvent | null;
}

export class LivingTree {
  /** In the order in which they came: what an actor hangs under comes before it. */
  readonly #actors = new Map<string, LivingActor>();

  take(event: StatelyInspectionEvent): void {
    if (event.type === "@xstate.actor") this.#actors.set(event.sessionId, { actor: event, last: null });
    if (event.type !== "@xstate.snapshot") return;
    const living = this.#actors.get(event.sessionId);
    if (!living) return;
    if (event.snapshot.status === "active") this.#actors.set(event.sessionId, { ...living, last: event });
    else this.#actors.delete(event.sessionId);
  }

  /** Each actor as it is now. */
  *events(): Generator<StatelyInspectionEvent> {
    for (const { actor, last } of this.#actors.values()) {
      yield last ? { ...actor, snapshot: last.snapshot } : actor;
      if (last) yield last;
    }
  }
}
