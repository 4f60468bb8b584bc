import type { AnyMachineSnapshot, EventObject, MachineContext } from "xstate";
import { CompileError } from "./compile-error.ts";
import type { Whereabouts } from "./direct-snapshot.ts";
import type { Interpreter } from "./interpreter.ts";
import { active, type Macrostep, type Outcome, type RunningScope } from "./macrostep.ts";
import type { Configuration } from "./table.ts";

/** An actor that nobody watches: its own scope and system, and where its chart is. */
export interface DirectActor extends Whereabouts {
  readonly interpreter: Interpreter;
}

/** Those that wait to be used again. An actor's effects may send to another actor, so that more than one is in use. */
const unused: DirectMacrostep[] = [];
/** Takes the actor's place while there is none. */
const nobody: object = Object.freeze({});
const nothing: EventObject = Object.freeze({ type: "" });
const empty: MachineContext = Object.freeze({});

/** An event on its way through an actor that nobody watches. It is used again, so that an event costs no object. */
export class DirectMacrostep implements Macrostep {
  configuration: Configuration;
  context: MachineContext = empty;
  event: EventObject = nothing;
  outcome: Outcome = active;
  #actor: DirectActor;
  readonly #raised: EventObject[] = [];

  private constructor(actor: DirectActor) {
    this.#actor = actor;
    this.configuration = actor.configuration;
  }

  /** To be given back by `end()`. */
  static of(actor: DirectActor, event: EventObject): DirectMacrostep {
    const macrostep = unused.pop() ?? new DirectMacrostep(actor);
    macrostep.#actor = actor;
    macrostep.event = event;
    macrostep.configuration = actor.configuration;
    macrostep.context = actor.context;
    macrostep.outcome = actor.outcome;
    return macrostep;
  }

  /** Keeps nothing alive from here on. */
  end(): void {
    this.#actor = nobody as DirectActor;
    this.event = nothing;
    this.context = empty;
    this.outcome = active;
    if (this.#raised.length > 0) this.#raised.length = 0;
    unused.push(this);
  }

  // What an action is given, with `context` and `event`.

  get self(): RunningScope["self"] {
    return this.#actor as unknown as RunningScope["self"];
  }

  get system(): RunningScope["system"] {
    return this.#actor as unknown as RunningScope["system"];
  }

  /** What an assignment may ask for, and must not: XState gives it to all of them. */
  get spawn(): () => never {
    const { id } = this.#actor.interpreter.machine;
    const path = this.configuration.leaf.path.join(".");
    return () => {
      throw new CompileError(id, { feature: "spawn", path });
    };
  }

  get scope(): RunningScope {
    return this.#actor as unknown as RunningScope;
  }

  get internalQueue(): EventObject[] {
    return this.#raised;
  }

  nextRaised(): EventObject | undefined {
    return this.#raised.length > 0 ? this.#raised.shift() : undefined;
  }

  asSnapshot(): AnyMachineSnapshot {
    return this.#actor.interpreter.directSnapshot(this) as unknown as AnyMachineSnapshot;
  }

  microstepTaken(): void {
    // Whoever is told of microsteps watches, and has XState's actor.
  }
}
