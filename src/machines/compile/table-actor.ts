/** An actor of its own, for a chart that nobody watches: what XState's actor does for a root actor, and nothing besides. */
import type { AnyActorRef, AnyMachineSnapshot, EventObject, MachineContext } from "xstate";
import { runningTimers } from "./after-timers.ts";
import { CompileError } from "./compile-error.ts";
import type { Interpreter } from "./interpreter.ts";
import { active, type Macrostep, type Outcome, type RunningScope } from "./macrostep.ts";
import type { Configuration } from "./table.ts";

/** The part of XState's clock that actors use. */
export interface ActorClock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
}

/** What the actors of one chart share. */
export interface TableProgram<Carrier> {
  readonly interpreter: Interpreter;
  readonly id: (carrier: Carrier) => string;
  readonly clock: ActorClock | undefined;
  /** Told of the state at the start and after each event, as a subscriber of XState's actor is. */
  readonly changed: ((carrier: Carrier, value: AnyMachineSnapshot["value"]) => void) | undefined;
  /** Told of what an effect or a guard threw, which has ended the actor. */
  readonly failed: ((carrier: Carrier, error: unknown) => void) | undefined;
}

const noClock: ActorClock = {
  setTimeout: () => {
    throw new Error("The chart has `after`, and its actor was given no clock.");
  },
  clearTimeout: () => {},
};

const nothingYet: EventObject = Object.freeze({ type: "xstate.init" });
const noContext: MachineContext = Object.freeze({});

/**
 * Runs to completion: events that are sent meanwhile wait. An error that an effect or a guard throws ends the actor; when
 * nobody is to be told, it is thrown where nobody catches it, as XState does.
 *
 * It is its own macrostep, scope and system, which have just what the table asks of them, and makes a snapshot only when
 * it is asked for one: an event costs no object.
 */
export class TableActor<Carrier = unknown> implements Macrostep {
  /** For whom the chart is carried out; the machine's effects find it by their `self`. */
  readonly carrier: Carrier;
  configuration: Configuration;
  context: MachineContext = noContext;
  event: EventObject = nothingYet;
  outcome: Outcome = active;
  /** Initial actions wait for the start; from then on actions run as the table comes to them. */
  direct = false;
  [runningTimers]: unknown[] | undefined = undefined;
  readonly #program: TableProgram<Carrier>;
  /** Where the last event has led; while one is carried through, it is not known yet where it leads. */
  #settledIn: Configuration;
  #settledContext: MachineContext;
  #midway = false;
  #busy = true;
  #ended = false;
  #snapshot: AnyMachineSnapshot | null = null;
  #waiting: EventObject[] | null = null;
  #raised: EventObject[] | null = null;
  #deferred: (() => void)[] | null = null;

  constructor(program: TableProgram<Carrier>, carrier: Carrier, input: unknown) {
    this.carrier = carrier;
    this.#program = program;
    this.configuration = program.interpreter.beginning;
    program.interpreter.begin(this, input);
    this.#settledIn = this.configuration;
    this.#settledContext = this.context;
    this.event = nothingYet;
  }

  get id(): string {
    return this.#program.id(this.carrier);
  }

  getSnapshot(): AnyMachineSnapshot {
    this.#snapshot ??= this.#program.interpreter.directSnapshot(
      this.#settledIn,
      this.#settledContext,
      this.#midway ? active : this.outcome,
    );
    return this.#snapshot;
  }

  start(): this {
    this.direct = true;
    try {
      if (this.outcome.status === "error") throw this.outcome.error;
      this.#runDeferred();
      this.#tell();
    } catch (error) {
      this.#fail(error);
    }
    this.#runWaiting();
    return this;
  }

  send(event: EventObject): void {
    if (this.#ended) return;
    if (this.#busy) {
      this.#waiting ??= [];
      this.#waiting.push(event);
      return;
    }
    this.#busy = true;
    this.#process(event);
    this.#runWaiting();
  }

  #runWaiting(): void {
    while (this.#waiting !== null && this.#waiting.length > 0 && !this.#ended) {
      const event = this.#waiting.shift();
      if (event) this.#process(event);
    }
    this.#busy = false;
  }

  #process(event: EventObject): void {
    this.event = event;
    this.#midway = true;
    try {
      this.#program.interpreter.run(this);
      this.#settle();
      this.#runDeferred();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#tell();
  }

  #settle(): void {
    this.#midway = false;
    this.#snapshot = null;
    this.#settledIn = this.configuration;
    this.#settledContext = this.context;
    this.event = nothingYet;
  }

  /** What an action has put off to the end of the step; before the start, the initial actions themselves. */
  #runDeferred(): void {
    const deferred = this.#deferred;
    if (deferred === null) return;
    // What runs may put off more.
    for (let effect = deferred.shift(); effect; effect = deferred.shift()) effect();
  }

  #tell(): void {
    const { status } = this.outcome;
    if (status === "active" || status === "done") {
      this.#program.changed?.(this.carrier, this.#settledIn.statePart.value);
    }
    this.#ended ||= status !== "active";
  }

  /** Whatever the event has changed on the way is as it was before. */
  #fail(error: unknown): void {
    this.#ended = true;
    this.configuration = this.#settledIn;
    this.context = this.#settledContext;
    this.#program.interpreter.fail(this, error);
    this.#settle();
    const { failed } = this.#program;
    if (failed) failed(this.carrier, error);
    // Neither Node's timers nor its microtasks are known here; a rejection that nobody handles ends the process as well.
    else void Promise.reject(error);
  }

  // What the table asks of a macrostep.

  get internalQueue(): EventObject[] {
    this.#raised ??= [];
    return this.#raised;
  }

  nextRaised(): EventObject | undefined {
    return this.#raised?.shift();
  }

  asSnapshot(): AnyMachineSnapshot {
    return this.#program.interpreter.directSnapshot(this.configuration, this.context, this.outcome);
  }

  microstepTaken(): void {
    // Whoever is told of microsteps watches, and has XState's actor.
  }

  /** What an assignment may ask for, and must not: XState gives it to all of them. */
  get spawn(): () => never {
    const { machine } = this.#program.interpreter;
    const path = this.configuration.leaf.path.join(".");
    return () => {
      throw new CompileError(machine.id, { feature: "spawn", path });
    };
  }

  // What the table asks of a scope and a system.

  get scope(): RunningScope {
    return this as unknown as RunningScope;
  }

  get self(): RunningScope["self"] {
    return this as unknown as RunningScope["self"];
  }

  get system(): RunningScope["system"] {
    return this as unknown as RunningScope["system"];
  }

  get _clock(): ActorClock {
    return this.#program.clock ?? noClock;
  }

  defer(effect: () => void): void {
    this.#deferred ??= [];
    this.#deferred.push(effect);
  }

  actionExecutor({ exec, info, params }: Parameters<RunningScope["actionExecutor"]>[0]): void {
    if (exec) this.defer(() => exec(info, params));
  }

  emit(): void {
    // Whoever listens to emitted events watches, and has XState's actor.
  }

  _relay(_source: AnyActorRef, _target: AnyActorRef, event: EventObject): void {
    this.send(event);
  }
}
