/** Who watches machines, and what is told of an actor that runs a table: what XState's system tells of its own actors. */
import {
  type ActorRefLike,
  type AnyMachineSnapshot,
  type AnyTransitionDefinition,
  type EventObject,
  type InspectionEvent,
  type Observer,
  type Subscription,
  toObserver,
} from "xstate";

/** Who watches machines: an observer of XState's inspection events. It runs in mid-transition and must not throw. */
export type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** In the course of the process; XState's own session ids begin with `x:`. */
let sessions = 0;

/** Tells an inspector of one root actor, and whoever subscribes to the actor that the inspector was shown. */
export class Inspection {
  readonly sessionId: string;
  /** The event that the actor begins with. */
  readonly init: EventObject;
  readonly #actor: ActorRefLike;
  readonly #inspector: Observer<InspectionEvent>;
  readonly #subscribers = new Set<Observer<AnyMachineSnapshot>>();

  constructor(actor: ActorRefLike, { inspector, init }: { readonly inspector: Inspector; readonly init: EventObject }) {
    sessions += 1;
    this.sessionId = `chart:${sessions}`;
    this.init = init;
    this.#actor = actor;
    this.#inspector = toObserver(inspector);
  }

  #tell(event: InspectionEvent): void {
    this.#inspector.next?.(event);
  }

  /** The actor is there. */
  actor(): void {
    this.#tell({ type: "@xstate.actor", actorRef: this.#actor, rootId: this.sessionId });
  }

  /** An event was sent. @param sourceRef the actor itself, of its timers; undefined when the sender is no actor. */
  event(event: EventObject, sourceRef: ActorRefLike | undefined): void {
    this.#tell({ type: "@xstate.event", sourceRef, actorRef: this.#actor, event, rootId: this.sessionId });
  }

  /** An action is about to run. */
  action(type: string, params: unknown): void {
    this.#tell({ type: "@xstate.action", actorRef: this.#actor, action: { type, params }, rootId: this.sessionId });
  }

  microstep(event: EventObject, snapshot: AnyMachineSnapshot, transitions: AnyTransitionDefinition[]): void {
    const told = { actorRef: this.#actor, event, snapshot, _transitions: transitions, rootId: this.sessionId };
    this.#tell({ type: "@xstate.microstep", ...told });
  }

  /** The actor's next snapshot is there. */
  next(snapshot: AnyMachineSnapshot): void {
    for (const subscriber of this.#subscribers) attempt(() => subscriber.next?.(snapshot));
  }

  /** An effect or a guard has thrown, which has ended the actor. */
  failed(error: unknown): void {
    for (const subscriber of this.#subscribers) attempt(() => subscriber.error?.(error));
    this.#subscribers.clear();
  }

  /** The event has been carried through, and whoever follows the actor has its snapshot. */
  snapshot(event: EventObject, snapshot: AnyMachineSnapshot): void {
    if (snapshot.status === "done") {
      for (const subscriber of this.#subscribers) attempt(() => subscriber.complete?.());
      this.#subscribers.clear();
    }
    this.#tell({ type: "@xstate.snapshot", actorRef: this.#actor, event, snapshot, rootId: this.sessionId });
  }
  subscribe(subscriber: Observer<AnyMachineSnapshot>): Subscription {
    const { status, error }: AnyMachineSnapshot = this.#actor.getSnapshot();
    if (status === "active") this.#subscribers.add(subscriber);
    else if (status === "error") attempt(() => subscriber.error?.(error));
    else attempt(() => subscriber.complete?.());
    return { unsubscribe: () => void this.#subscribers.delete(subscriber) };
  }
}

/** What a subscriber throws is thrown where nobody catches it, as XState does. */
function attempt(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    void Promise.reject(error);
  }
}
