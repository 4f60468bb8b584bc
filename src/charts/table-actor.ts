/** An actor of its own, for a chart that nobody watches: what XState's actor does for a root actor, and nothing besides. */
import type { AnyActorRef, AnyMachineSnapshot, EventObject, MachineContext } from "xstate";
import { runningTimers } from "./after-timers.ts";
import type { CommonSnapshots } from "./common-snapshots.ts";
import { type DirectActor, DirectMacrostep } from "./direct-macrostep.ts";
import { DirectSnapshot } from "./direct-snapshot.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Outcome, RunningScope } from "./macrostep.ts";
import type { Configuration } from "./table.ts";

/** The part of XState's clock that actors use. */
export interface ActorClock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
}

/** What the actors of one chart share. */
export interface TableProgram<Carrier> {
  readonly interpreter: Interpreter;
  readonly snapshots: CommonSnapshots;
  readonly id: (carrier: Carrier) => string;
  readonly clock: ActorClock | undefined;
  /** Told of the state at the start and after each event, as a subscriber of XState's actor is. */
  readonly changed: ((carrier: Carrier, value: AnyMachineSnapshot["value"]) => void) | undefined;
  /** Told of what an effect or a guard threw, which has ended the actor. */
  readonly failed: ((carrier: Carrier, error: unknown) => void) | undefined;
}

/** Few actors ever have one. */
interface Backlog {
  /** Sent while another one was carried through. */
  readonly events: EventObject[];
  /** What an action has put off to the end of the step; before the start, the initial actions themselves. */
  readonly effects: (() => void)[];
}

const noClock: ActorClock = {
  setTimeout: () => {
    throw new Error("The chart has `after`, and its actor was given no clock.");
  },
  clearTimeout: () => {},
};

const starting: EventObject = Object.freeze({ type: "xstate.init" });

/**
 * Runs to completion: events that are sent meanwhile wait. An error that an effect or a guard throws ends the actor; when
 * nobody is to be told, it is thrown where nobody catches it, as XState does.
 *
 * It is its own scope and its own system, which has just what the table asks of them.
 */
export class TableActor<Carrier = unknown> implements DirectActor {
  /** For whom the chart is carried out; the machine's effects find it by their `self`. */
  readonly carrier: Carrier;
  [runningTimers]: unknown[] | undefined = undefined;
  readonly #program: TableProgram<Carrier>;
  #phase: "new" | "idle" | "busy" = "new";
  /** Where the last event has led: while one is carried through, it is not known yet where it leads. */
  #snapshot: DirectSnapshot;
  #backlog: Backlog | null = null;

  constructor(program: TableProgram<Carrier>, carrier: Carrier, input: unknown) {
    const { interpreter } = program;
    this.carrier = carrier;
    this.#program = program;
    this.#snapshot = program.snapshots.beginning;
    const macrostep = DirectMacrostep.of(this, starting);
    interpreter.begin(macrostep, input);
    this.#snapshot = program.snapshots.begun(macrostep);
    macrostep.end();
  }

  get id(): string {
    return this.#program.id(this.carrier);
  }

  get interpreter(): Interpreter {
    return this.#program.interpreter;
  }

  get configuration(): Configuration {
    return DirectSnapshot.configurationOf(this.#snapshot);
  }

  get context(): MachineContext {
    return this.#snapshot.context;
  }

  get outcome(): Outcome {
    return DirectSnapshot.outcomeOf(this.#snapshot);
  }

  /** Initial actions wait for the start; from then on actions run as the table comes to them. */
  get direct(): boolean {
    return this.#phase !== "new";
  }

  getSnapshot(): AnyMachineSnapshot {
    return this.#snapshot as unknown as AnyMachineSnapshot;
  }

  start(): this {
    this.#phase = "busy";
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
    if (this.#phase !== "idle") {
      this.#postponed.events.push(event);
      return;
    }
    this.#phase = "busy";
    this.#process(event);
    this.#runWaiting();
  }

  get #ended(): boolean {
    return this.outcome.status !== "active";
  }

  #runWaiting(): void {
    while (this.#backlog !== null && this.#backlog.events.length > 0 && !this.#ended) {
      const event = this.#backlog.events.shift();
      if (event) this.#process(event);
    }
    this.#phase = "idle";
  }

  #process(event: EventObject): void {
    const macrostep = DirectMacrostep.of(this, event);
    try {
      this.interpreter.run(macrostep);
      this.#snapshot = this.#program.snapshots.of(macrostep);
      this.#runDeferred();
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      macrostep.end();
    }
    this.#tell();
  }

  get #postponed(): Backlog {
    this.#backlog ??= { events: [], effects: [] };
    return this.#backlog;
  }

  #runDeferred(): void {
    if (this.#backlog === null) return;
    const { effects } = this.#backlog;
    // What runs may put off more.
    for (let effect = effects.shift(); effect; effect = effects.shift()) effect();
  }

  #tell(): void {
    this.#program.changed?.(this.carrier, this.configuration.statePart.value);
  }

  /** Whatever the event has changed on the way is as it was before. */
  #fail(error: unknown): void {
    this.interpreter.giveUp(this.#scope);
    const { configuration, context } = this;
    const { failed, snapshots } = this.#program;
    this.#snapshot = snapshots.of({ configuration, context, outcome: { status: "error", output: undefined, error } });
    if (failed) failed(this.carrier, error);
    // Neither Node's timers nor its microtasks are known here; a rejection that nobody handles ends the process as well.
    else void Promise.reject(error);
  }

  // What the table asks of a scope and a system.

  get #scope(): RunningScope {
    return this as unknown as RunningScope;
  }

  get self(): this {
    return this;
  }

  get system(): this {
    return this;
  }

  get _clock(): ActorClock {
    return this.#program.clock ?? noClock;
  }

  defer(effect: () => void): void {
    this.#postponed.effects.push(effect);
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
