import type {
  AnyActorScope,
  AnyMachineSnapshot,
  AnyTransitionDefinition,
  EventObject,
  InspectedMicrostepEvent,
  MachineContext,
} from "xstate";
import type { Configuration } from "./table.ts";

/** An actor's scope; `direct` where nobody watches the actor, so that its actions need not be told of before they run. */
export interface RunningScope extends AnyActorScope {
  readonly direct?: boolean;
}

/** Whether the machine goes on, and with what it ended. */
export type Outcome = Pick<AnyMachineSnapshot, "status" | "output" | "error">;

export const active: Outcome = Object.freeze({ status: "active", output: undefined, error: undefined });

/** What guards look at. */
export interface GuardSubject {
  readonly context: MachineContext;
  readonly event: EventObject;
  /** As it is amid the step. */
  asSnapshot(): AnyMachineSnapshot;
}

/**
 * Where a chart is while one event is carried through (SCXML 3.13, "macrostep"); actions work on it, too. `context` and
 * `event`, `self` and `system` are what an action is given.
 */
export interface Macrostep extends GuardSubject {
  configuration: Configuration;
  /** As left by the last `assign`. */
  context: MachineContext;
  /** The event of the microstep under way: the one that was sent, or one that was raised. */
  event: EventObject;
  outcome: Outcome;
  readonly scope: RunningScope;
  readonly self: AnyActorScope["self"];
  readonly system: AnyActorScope["system"];
  /** Raised events, which come before any other. XState's own built-in actions know it by this name. */
  readonly internalQueue: EventObject[];
  nextRaised(): EventObject | undefined;
  /** @param changed states, context or outcome are other ones than before. */
  microstepTaken(transitions: AnyTransitionDefinition[], changed: boolean): void;
}

export type CompiledAction = (macrostep: Macrostep) => void;

export type CompiledGuard = (subject: GuardSubject) => unknown;

/** What makes snapshots for XState's actor. */
export interface SnapshotForm {
  /** @param before the snapshot that it follows; it shares what the states decide while they stay the same. */
  snapshot(macrostep: Macrostep, before: AnyMachineSnapshot | null): AnyMachineSnapshot;
}

/** Hidden from XState's types; tells inspectors, if there are any. */
interface InspectedSystem {
  _sendInspectionEvent(event: Omit<InspectedMicrostepEvent, "rootId">): void;
}

interface Beginning {
  readonly configuration: Configuration;
  readonly context: MachineContext;
  readonly event: EventObject;
  readonly outcome: Outcome;
  /** Null before the first one. */
  readonly snapshot: AnyMachineSnapshot | null;
}

/** Under XState's actor: each microstep makes a snapshot, of which inspectors are told. */
export class WatchedMacrostep implements Macrostep {
  configuration: Configuration;
  context: MachineContext;
  event: EventObject;
  outcome: Outcome;
  readonly scope: RunningScope;
  readonly #form: SnapshotForm;
  #snapshot: AnyMachineSnapshot | null;
  #raised: EventObject[] | null = null;

  constructor(form: SnapshotForm, scope: RunningScope, beginning: Beginning) {
    this.#form = form;
    this.scope = scope;
    this.configuration = beginning.configuration;
    this.context = beginning.context;
    this.event = beginning.event;
    this.outcome = beginning.outcome;
    this.#snapshot = beginning.snapshot;
  }

  get self(): AnyActorScope["self"] {
    return this.scope.self;
  }

  get system(): AnyActorScope["system"] {
    return this.scope.system;
  }

  get internalQueue(): EventObject[] {
    this.#raised ??= [];
    return this.#raised;
  }

  nextRaised(): EventObject | undefined {
    return this.#raised?.shift();
  }

  asSnapshot(): AnyMachineSnapshot {
    this.#snapshot ??= this.#form.snapshot(this, null);
    return this.#snapshot;
  }

  microstepTaken(_transitions: AnyTransitionDefinition[], changed: boolean): void {
    if (changed) this.#snapshot = this.#form.snapshot(this, this.#snapshot);
    const system = this.scope.system as unknown as InspectedSystem;
    system._sendInspectionEvent({
      type: "@xstate.microstep",
      actorRef: this.scope.self,
      event: this.event,
      snapshot: this.asSnapshot(),
      _transitions,
    });
  }
}
