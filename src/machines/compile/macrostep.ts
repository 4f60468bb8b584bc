import type { AnyActorScope, AnyMachineSnapshot, EventObject, MachineContext } from "xstate";

/** An actor's scope; `direct` where nobody watches the actor, so that its actions need not be told of before they run. */
export interface RunningScope extends AnyActorScope {
  readonly direct?: boolean;
}

/** What actions and guards work on while one event is carried through (SCXML 3.13, "macrostep"). */
export class Macrostep {
  /** As left by the last `assign`. */
  context: MachineContext;
  /** The event of the microstep under way: the one that was sent, or one that was raised. */
  event: EventObject;
  readonly scope: RunningScope;
  #raised: EventObject[] | null = null;

  constructor(context: MachineContext, event: EventObject, scope: RunningScope) {
    this.context = context;
    this.event = event;
    this.scope = scope;
  }

  // With `context` and `event`, what an action is given.

  get self(): AnyActorScope["self"] {
    return this.scope.self;
  }

  get system(): AnyActorScope["system"] {
    return this.scope.system;
  }

  /** Raised events, which come before any other. XState's own built-in actions know it by this name. */
  get internalQueue(): EventObject[] {
    this.#raised ??= [];
    return this.#raised;
  }

  nextRaised(): EventObject | undefined {
    return this.#raised?.shift();
  }
}

export type CompiledAction = (macrostep: Macrostep) => void;

export type CompiledGuard = (snapshot: AnyMachineSnapshot, event: EventObject) => unknown;
