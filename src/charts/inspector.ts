/**
 * Inspectors of machines, and the events that they get from an actor that runs a table: the same as from XState's
 * system.
 */
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

/** Inspects machines: an observer of XState's inspection events. It runs in mid-transition and must not throw. */
export type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** Actors inspected in this process so far; XState's own session ids begin with `x:`. */
let sessions = 0;

interface Watching {
  readonly inspector: Inspector;
  readonly observer: Observer<InspectionEvent>;
}

/** Reports one root actor to its inspectors, and to subscribers of the actor that they were given. */
export class Inspection {
  readonly sessionId: string;
  /** The event that starts the actor. */
  readonly init: EventObject;
  readonly #actor: ActorRefLike;
  #inspectors: readonly Watching[] = [];
  readonly #subscribers = new Set<Observer<AnyMachineSnapshot>>();

  constructor(actor: ActorRefLike, init: EventObject) {
    sessions += 1;
    this.sessionId = `chart:${sessions}`;
    this.init = init;
    this.#actor = actor;
  }

  /** The actor exists. @param current its snapshot, where it has started already; null before. */
  begin(inspector: Inspector, current: AnyMachineSnapshot | null): void {
    const observer = toObserver(inspector);
    this.#inspectors = [...this.#inspectors, { inspector, observer }];
    const { sessionId: rootId, init: event } = this;
    observer.next?.({ type: "@xstate.actor", actorRef: this.#actor, rootId });
    if (current) observer.next?.({ type: "@xstate.snapshot", actorRef: this.#actor, event, snapshot: current, rootId });
  }

  /** @returns whether any inspector is left. */
  end(inspector: Inspector): boolean {
    this.#inspectors = this.#inspectors.filter((one) => one.inspector !== inspector);
    return this.#inspectors.length > 0;
  }

  #emit(event: InspectionEvent): void {
    for (const { observer } of this.#inspectors) observer.next?.(event);
  }

  /** An event was sent. @param sourceRef the actor itself for its timers; undefined when the sender is no actor. */
  event(event: EventObject, sourceRef: ActorRefLike | undefined): void {
    this.#emit({ type: "@xstate.event", sourceRef, actorRef: this.#actor, event, rootId: this.sessionId });
  }

  /** An action is about to run. */
  action(type: string, params: unknown): void {
    this.#emit({ type: "@xstate.action", actorRef: this.#actor, action: { type, params }, rootId: this.sessionId });
  }

  microstep(event: EventObject, snapshot: AnyMachineSnapshot, transitions: AnyTransitionDefinition[]): void {
    const microstep = { actorRef: this.#actor, event, snapshot, _transitions: transitions, rootId: this.sessionId };
    this.#emit({ type: "@xstate.microstep", ...microstep });
  }

  /** The actor has its next snapshot. */
  next(snapshot: AnyMachineSnapshot): void {
    for (const subscriber of this.#subscribers) attempt(() => subscriber.next?.(snapshot));
  }

  /** An effect or a guard has thrown; the actor has ended. */
  failed(error: unknown): void {
    for (const subscriber of this.#subscribers) attempt(() => subscriber.error?.(error));
    this.#subscribers.clear();
  }

  /** The event has been processed, and the actor's subscribers have its snapshot. */
  snapshot(event: EventObject, snapshot: AnyMachineSnapshot): void {
    if (snapshot.status === "done") {
      for (const subscriber of this.#subscribers) attempt(() => subscriber.complete?.());
      this.#subscribers.clear();
    }
    this.#emit({ type: "@xstate.snapshot", actorRef: this.#actor, event, snapshot, rootId: this.sessionId });
  }
  subscribe(subscriber: Observer<AnyMachineSnapshot>): Subscription {
    const { status, error }: AnyMachineSnapshot = this.#actor.getSnapshot();
    if (status === "active") this.#subscribers.add(subscriber);
    else if (status === "error") attempt(() => subscriber.error?.(error));
    else attempt(() => subscriber.complete?.());
    return { unsubscribe: () => void this.#subscribers.delete(subscriber) };
  }
}

/** What a subscriber throws is rethrown outside the call, uncaught, as XState does. */
function attempt(notify: () => void): void {
  try {
    notify();
  } catch (error) {
    void Promise.reject(error);
  }
}
