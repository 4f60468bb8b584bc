/** Who watches machines, and what is told of an actor that runs a table: what XState's system tells of its own actors. */
import type {
  ActorRefLike,
  AnyMachineSnapshot,
  AnyTransitionDefinition,
  EventObject,
  InspectionEvent,
  Observer,
} from "xstate";

/** Who watches machines: an observer of XState's inspection events. It runs in mid-transition and must not throw. */
export type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** In the course of the process; XState's own session ids begin with `x:`. */
let sessions = 0;

/** Tells an inspector of one root actor. */
export class Inspection {
  readonly sessionId: string;
  /** The event that the actor begins with. */
  readonly init: EventObject;
  readonly #actor: ActorRefLike;
  readonly #tell: (event: InspectionEvent) => void;

  constructor(actor: ActorRefLike, { inspector, init }: { readonly inspector: Inspector; readonly init: EventObject }) {
    sessions += 1;
    this.sessionId = `chart:${sessions}`;
    this.init = init;
    this.#actor = actor;
    this.#tell = typeof inspector === "function" ? inspector : (event) => inspector.next?.(event);
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

  /** The event has been carried through. */
  snapshot(event: EventObject, snapshot: AnyMachineSnapshot): void {
    this.#tell({ type: "@xstate.snapshot", actorRef: this.#actor, event, snapshot, rootId: this.sessionId });
  }
}
