/** An actor of its own, for a chart that nobody watches: what XState's actor does for a root actor, and nothing besides. */
import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot, EventObject } from "xstate";
import type { Interpreter } from "./interpreter.ts";
import type { RunningScope } from "./macrostep.ts";

/** The part of XState's clock that actors use. */
export interface ActorClock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
}

export interface TableActorOptions<Carrier> {
  readonly id: string;
  readonly input: unknown;
  readonly clock?: ActorClock;
  /** For whom the chart is carried out; the machine's effects find it by their `self`. */
  readonly carrier: Carrier;
  /** Told of each snapshot, as a subscriber of XState's actor is. */
  readonly changed?: (carrier: Carrier, snapshot: AnyMachineSnapshot) => void;
  /** Told of what an effect or a guard threw, which has ended the actor. */
  readonly failed?: (carrier: Carrier, error: unknown) => void;
}

const noClock: ActorClock = {
  setTimeout: () => {
    throw new Error("The chart has `after`, and its actor was given no clock.");
  },
  clearTimeout: () => {},
};

/**
 * Runs to completion: events that are sent meanwhile wait. An error that an effect or a guard throws ends the actor; when
 * nobody is to be told, it is thrown where nobody catches it, as XState does.
 *
 * It is its own scope and its own system, which has just what the table asks of them.
 */
export class TableActor<Carrier = unknown> {
  readonly id: string;
  readonly carrier: Carrier;
  /** Initial actions wait for the start; from then on actions run as the table comes to them. */
  direct = false;
  readonly _clock: ActorClock;
  readonly #interpreter: Interpreter;
  readonly #changed: TableActorOptions<Carrier>["changed"];
  readonly #failed: TableActorOptions<Carrier>["failed"];
  #snapshot: AnyMachineSnapshot;
  #busy = true;
  #ended = false;
  #waiting: EventObject[] | null = null;
  #deferred: (() => void)[] | null = null;

  constructor(
    interpreter: Interpreter,
    { id, input, clock = noClock, carrier, changed, failed }: TableActorOptions<Carrier>,
  ) {
    this.id = id;
    this.carrier = carrier;
    this._clock = clock;
    this.#interpreter = interpreter;
    this.#changed = changed;
    this.#failed = failed;
    this.#snapshot = interpreter.initialSnapshot(this.#scope, input);
  }

  getSnapshot(): AnyMachineSnapshot {
    return this.#snapshot;
  }

  start(): this {
    this.direct = true;
    try {
      if (this.#snapshot.status === "error") throw this.#snapshot.error;
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
    try {
      this.#snapshot = this.#interpreter.transition(this.#snapshot, event as AnyEventObject, this.#scope);
      this.#runDeferred();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#tell();
  }

  /** What an action has put off to the end of the step; before the start, the initial actions themselves. */
  #runDeferred(): void {
    const deferred = this.#deferred;
    if (deferred === null) return;
    // What runs may put off more.
    for (let effect = deferred.shift(); effect; effect = deferred.shift()) effect();
  }

  #tell(): void {
    const { status } = this.#snapshot;
    if (status === "active" || status === "done") this.#changed?.(this.carrier, this.#snapshot);
    this.#ended ||= status !== "active";
  }

  #fail(error: unknown): void {
    this.#ended = true;
    this.#snapshot = this.#interpreter.failed(this.#snapshot, error, this.#scope);
    if (this.#failed) this.#failed(this.carrier, error);
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
