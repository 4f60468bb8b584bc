/** An actor that runs a table: what XState's actor does for a root actor, and nothing besides. */
import { type ActorRefLike, type AnyMachineSnapshot, type EventObject, type Subscription, toObserver } from "xstate";
import {
  type ActionInfo,
  type Builtin,
  type CancelTimer,
  type Effect,
  infoOf,
  type Macrostep,
  type StartTimer,
} from "./effects.ts";
import { Inspection, type Inspector } from "./inspector.ts";
import type { Position, SharedSnapshots } from "./snapshot.ts";
import { type Chart, INIT, MacrostepUnderWay, type StepHost } from "./step.ts";

/** The part of XState's clock that actors use. */
export interface ActorClock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
}

/** What the actors of one chart share. */
export interface ActorProgram<Carrier> {
  readonly chart: Chart;
  readonly snapshots: SharedSnapshots;
  /** What inspectors find the chart's definition by. */
  readonly logic: { readonly config: unknown };
  readonly id: (carrier: Carrier) => string;
  readonly clock: ActorClock | undefined;
  /** Told of the state at the start and after each event, as a subscriber of XState's actor is. */
  readonly changed: ((carrier: Carrier, value: AnyMachineSnapshot["value"]) => void) | undefined;
  /** Told of what an effect or a guard threw, which has ended the actor. */
  readonly failed: ((carrier: Carrier, error: unknown) => void) | undefined;
}

/** Few actors ever have any of it. */
interface Waiting {
  /** Sent while another one was carried through. */
  events: EventObject[] | null;
  /** The initial actions, for the start. */
  effects: (() => void)[] | null;
  /** The timers of `after` that run, by their slots. */
  timers: unknown[] | null;
}

const noClock: ActorClock = {
  setTimeout: () => {
    throw new Error("The chart has `after`, and its actor was given no clock.");
  },
  clearTimeout: () => {},
};

/** What actions are given for a system: the actor is alone in it. */
const noOtherActors = Object.freeze({ get: () => undefined, getAll: () => ({}) });

/**
 * Runs to completion: events that are sent meanwhile wait. An error that an effect or a guard throws ends the actor; when
 * nobody is to be told, it is thrown where nobody catches it, as XState does.
 *
 * Whoever inspects it is told what XState would tell.
 */
export class ChartActor<Carrier = unknown> implements StepHost, ActorRefLike {
  /** For whom the chart is carried out; the machine's effects find it by their `self`. */
  readonly carrier: Carrier;
  /** Null where nobody watches. */
  readonly observer: Inspection | null;
  readonly #program: ActorProgram<Carrier>;
  #phase: "new" | "idle" | "busy" = "new";
  /** Where the last event has led: while one is carried through, it is not known yet where it leads. */
  #snapshot: AnyMachineSnapshot;
  #waiting: Waiting | null = null;

  /** @param inspector who watches it; undefined when nobody does. */
  constructor(
    program: ActorProgram<Carrier>,
    carrier: Carrier,
    { input, inspector }: { readonly input: unknown; readonly inspector: Inspector | undefined },
  ) {
    const { chart, snapshots } = program;
    const init = { type: INIT, input };
    this.carrier = carrier;
    this.#program = program;
    this.#snapshot = snapshots.beginning;
    this.observer = inspector === undefined ? null : new Inspection(this, { inspector, init });
    this.observer?.actor();
    const macrostep = MacrostepUnderWay.first(this, init);
    chart.begin(macrostep, input);
    snapshots.begun(macrostep);
    this.#snapshot = macrostep.asSnapshot();
    macrostep.end();
  }

  get id(): string {
    return this.#program.id(this.carrier);
  }

  getSnapshot(): AnyMachineSnapshot {
    return this.#snapshot;
  }

  start(): this {
    if (this.#phase !== "new") return this;
    this.#phase = "busy";
    const { observer } = this;
    observer?.event(observer.init, undefined);
    const snapshot = this.#snapshot;
    if (snapshot.status === "error") this.#fail(snapshot.error);
    else {
      this.#runInitialActions();
      if (this.#snapshot === snapshot) this.#follow(snapshot);
      observer?.snapshot(observer.init, snapshot);
    }
    this.#runWaiting();
    return this;
  }

  send(event: EventObject): void {
    this.observer?.event(event, undefined);
    this.#take(event);
  }

  get #ended(): boolean {
    return this.#snapshot.status !== "active";
  }

  #take(event: EventObject): void {
    if (this.#ended) return;
    if (this.#phase !== "idle") {
      this.#postponed.events ??= [];
      this.#postponed.events.push(event);
      return;
    }
    this.#phase = "busy";
    this.#process(event);
    this.#runWaiting();
  }

  #runWaiting(): void {
    while (this.#waiting !== null && this.#waiting.events !== null && !this.#ended) {
      const event = this.#waiting.events.shift();
      if (event === undefined) break;
      this.#process(event);
    }
    this.#phase = "idle";
  }

  #process(event: EventObject): void {
    const macrostep = MacrostepUnderWay.from(this, event, this.#snapshot);
    try {
      this.#program.chart.run(macrostep);
      this.#snapshot = macrostep.asSnapshot();
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      macrostep.end();
    }
    const snapshot = this.#snapshot;
    if (snapshot.status === "error") this.#fail(snapshot.error);
    else this.#follow(snapshot);
    this.observer?.snapshot(event, snapshot);
  }

  #follow(snapshot: AnyMachineSnapshot): void {
    this.observer?.next(snapshot);
    this.#program.changed?.(this.carrier, snapshot.value);
  }

  #runInitialActions(): void {
    const effects = this.#waiting?.effects ?? [];
    try {
      for (const effect of effects) effect();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#waiting) this.#waiting.effects = null;
  }

  /** Whatever the event has changed on the way is as it was before. */
  #fail(error: unknown): void {
    this.#cancelTimers();
    const { chart, failed } = this.#program;
    const { configuration, context } = chart.snapshots.positionOf(this.#snapshot);
    this.#snapshot = this.snapshotOf({
      configuration,
      context,
      outcome: { status: "error", output: undefined, error },
    });
    this.observer?.failed(error);
    if (failed) failed(this.carrier, error);
    // Neither Node's timers nor its microtasks are known here; a rejection that nobody handles ends the process as well.
    else void Promise.reject(error);
  }

  // What the table asks of an actor.

  get chart(): Chart {
    return this.#program.chart;
  }

  get self(): this {
    return this;
  }

  get system(): object {
    return noOtherActors;
  }

  snapshotOf(position: Position): AnyMachineSnapshot {
    const { chart, snapshots } = this.#program;
    return this.observer === null ? snapshots.of(position) : chart.snapshots.of(position);
  }

  carryOut(macrostep: Macrostep, effect: Effect, params: unknown): void {
    if (this.#phase !== "new") {
      this.#run(effect, macrostep, params);
      return;
    }
    const info = infoOf(macrostep);
    this.#onceStarted(() => this.#run(effect, info, params));
  }

  /** Initial actions wait for the start; from then on actions run as the table comes to them. */
  #onceStarted(effect: () => void): void {
    if (this.#phase !== "new") {
      effect();
      return;
    }
    this.#postponed.effects ??= [];
    this.#postponed.effects.push(effect);
  }

  #run({ type, exec }: Effect, info: ActionInfo, params: unknown): void {
    this.observer?.action(type, params);
    exec?.(info, params);
  }

  /** Those that are carried out at once, and emitted events, which nobody can listen to. */
  carryOutBuiltin(macrostep: Macrostep, builtin: Builtin, params: unknown): void {
    const { type } = builtin;
    this.carryOut(macrostep, { type, exec: undefined }, builtin.resolve(null, macrostep, params));
  }

  startTimer(macrostep: Macrostep, { type, event, slot, delay }: StartTimer): void {
    const time = delay(macrostep);
    if (typeof time !== "number") macrostep.internalQueue.push(event);
    this.#onceStarted(() => {
      this.observer?.action(type, { event, id: event.type, delay: time });
      if (typeof time === "number") this.#setTimer(slot, event, time);
    });
  }

  cancelTimer(_macrostep: Macrostep, { type, sendId, slot }: CancelTimer): void {
    this.#onceStarted(() => {
      this.observer?.action(type, { sendId });
      this.#clearTimer(slot);
    });
  }

  #setTimer(slot: number, event: EventObject, delay: number): void {
    this.#postponed.timers ??= new Array(this.chart.table.slots);
    const { timers } = this.#postponed;
    timers[slot] = this.#clock.setTimeout(() => {
      timers[slot] = undefined;
      this.observer?.event(event, this);
      this.#take(event);
    }, delay);
  }

  #clearTimer(slot: number): void {
    const timers = this.#waiting?.timers;
    const timer = timers?.[slot];
    if (!timers || timer === undefined) return;
    timers[slot] = undefined;
    this.#clock.clearTimeout(timer);
  }

  #cancelTimers(): void {
    const timers = this.#waiting?.timers ?? [];
    for (let slot = 0; slot < timers.length; slot++) this.#clearTimer(slot);
  }

  get #clock(): ActorClock {
    return this.#program.clock ?? noClock;
  }

  get #postponed(): Waiting {
    this.#waiting ??= { events: null, effects: null, timers: null };
    return this.#waiting;
  }

  // What inspectors look at, beside the snapshot.

  get sessionId(): string {
    return this.observer?.sessionId ?? this.id;
  }

  /** @throws Error unless somebody inspects the actor. */
  subscribe(...observer: Parameters<typeof toObserver<AnyMachineSnapshot>>): Subscription {
    if (this.observer === null)
      throw new Error(`Nobody inspects the actor "${this.id}", so it cannot be subscribed to.`);
    return this.observer.subscribe(toObserver(...observer));
  }

  get logic(): object {
    return this.#program.logic;
  }

  get src(): object {
    return this.#program.logic;
  }

  get _parent(): undefined {
    return undefined;
  }

  toJSON(): object {
    return { xstate$$type: 1, id: this.id };
  }
}
