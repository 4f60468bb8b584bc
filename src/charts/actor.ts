/** An actor that runs a table: what XState's actor does for a root actor, and nothing more. */
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
import type { Passages } from "./passages.ts";
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
  /** Where inspectors find the chart's definition. */
  readonly logic: { readonly config: unknown };
  readonly id: (carrier: Carrier) => string;
  readonly clock: ActorClock | undefined;
  /** Who counts the carrier's transitions, if anybody ever does. */
  readonly passages: ((carrier: Carrier) => Passages | undefined) | undefined;
  /** Called with the state at the start and after each event, as a subscriber of XState's actor is. */
  readonly changed: ((carrier: Carrier, value: AnyMachineSnapshot["value"]) => void) | undefined;
  /** Called with what an effect or a guard threw; the actor has ended. */
  readonly failed: ((carrier: Carrier, error: unknown) => void) | undefined;
}

/** Few actors ever need any of it. */
interface Waiting {
  /** Sent while another event was being processed. */
  events: EventObject[] | null;
  /** The initial actions, for the start. */
  effects: (() => void)[] | null;
  /** The running timers of `after`, by slot. */
  timers: unknown[] | null;
}

const noClock: ActorClock = {
  setTimeout: () => {
    throw new Error("The chart has `after`, and its actor was given no clock.");
  },
  clearTimeout: () => {},
};

/** The system that actions are given: the actor is alone in it. */
const noOtherActors = Object.freeze({ get: () => undefined, getAll: () => ({}) });

/**
 * Runs to completion: events sent meanwhile wait. An error thrown by an effect or a guard ends the actor; where there
 * is no `failed` callback, it is rethrown outside the call, uncaught, as XState does.
 *
 * Inspectors receive the same events as from XState.
 */
export class ChartActor<Carrier = unknown> implements StepHost, ActorRefLike {
  /** Whom the chart is run for; the machine's effects find it by their `self`. */
  readonly carrier: Carrier;
  /** Null where nobody ever counts. */
  readonly passages: Passages | null;
  readonly #program: ActorProgram<Carrier>;
  #phase: "new" | "idle" | "busy" = "new";
  /** Where the last completed event led; it does not change before the one in progress has completed. */
  #snapshot: AnyMachineSnapshot;
  #waiting: Waiting | null = null;
  #inspection: Inspection | null = null;

  /** @param inspector undefined when nobody inspects the actor. */
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
    this.passages = program.passages?.(carrier) ?? null;
    if (inspector !== undefined) {
      this.#inspection = new Inspection(this, init);
      this.#inspection.begin(inspector, null);
    }
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

  /** Null when nobody inspects the actor. */
  get observer(): Inspection | null {
    return this.#inspection;
  }

  /** Inspects the actor from here on. Not from within a transition of it. */
  watch(inspector: Inspector): void {
    this.#inspection ??= new Inspection(this, { type: INIT });
    this.#inspection.begin(inspector, this.#phase === "new" ? null : this.#snapshot);
  }

  unwatch(inspector: Inspector): void {
    if (this.#inspection?.end(inspector) === false) this.#inspection = null;
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

  /** The snapshot stays as it was before the event. */
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
    // This room knows neither Node's timers nor its microtasks; a rejection that nobody handles ends the process as
    // well.
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

  /** Initial actions wait for the start; after it, actions run in the table's order. */
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

  /** The built-in actions that run at once, and emitted events, which nobody can listen to. */
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

  // What inspectors read beside the snapshot.

  get sessionId(): string {
    return this.observer?.sessionId ?? this.id;
  }

  /** @throws Error unless the actor is being inspected. */
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
