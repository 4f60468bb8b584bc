import type { AnyActorScope, AnyMachineSnapshot, EventObject, MachineContext } from "xstate";

/** What actions and guards work on while one event is carried through (SCXML 3.13, "macrostep"). */
export interface Macrostep {
  /** As left by the last `assign`. */
  context: MachineContext;
  /** The event of the microstep under way: the one that was sent, or one that was raised. */
  event: EventObject;
  readonly scope: AnyActorScope;
  /** Raised events, which come before any other. XState's own built-in actions know it by this name. */
  readonly internalQueue: EventObject[];
}

export type CompiledAction = (macrostep: Macrostep) => void;

export type CompiledGuard = (snapshot: AnyMachineSnapshot, event: EventObject) => unknown;
