/** The living actors, for a page that joins late. */
import type { PresentedEvent } from "../presented.ts";

type ActorEvent = Extract<PresentedEvent, { type: "@xstate.actor" }>;
type SnapshotEvent = Extract<PresentedEvent, { type: "@xstate.snapshot" }>;

interface LivingActor {
  readonly actor: ActorEvent;
  last: SnapshotEvent | null;
}

export class LivingTree {
  /** In order of arrival: an actor's parent comes before it. */
  readonly #actors = new Map<string, LivingActor>();

  take(event: PresentedEvent): void {
    const { sessionId } = event.actorRef;
    if (event.type === "@xstate.actor") this.#actors.set(sessionId, { actor: event, last: null });
    if (event.type !== "@xstate.snapshot") return;
    const living = this.#actors.get(sessionId);
    if (!living) return;
    if (event.snapshot.status === "active") living.last = event;
    else this.#actors.delete(sessionId);
  }

  /** Each actor as it is now. */
  *events(): Generator<PresentedEvent> {
    for (const { actor, last } of this.#actors.values()) {
      yield last ? { ...actor, actorRef: { ...actor.actorRef, getSnapshot: () => last.snapshot } } : actor;
      if (last) yield last;
    }
  }
}
