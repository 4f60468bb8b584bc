/** One step of a chart: SCXML's algorithm (section 3.13, mainEventLoop and microstep), in the order in which XState does it. */
import type {
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  EventObject,
  MachineContext,
} from "xstate";
import type { EffectHost, Macrostep } from "./effects.ts";
import type { Passages } from "./passages.ts";
import { active, type Outcome, type Position, Snapshots } from "./snapshot.ts";
import { CompileError } from "./subset.ts";
import { type Configuration, type FinalState, type Step, selectEventless, selectStep, type Table } from "./table.ts";

const STOP = "xstate.stop";
const ACTOR_ERROR = "xstate.error.actor";
const ANY = "*";

export const INIT = "xstate.init";

const finished: Outcome = Object.freeze({ status: "done", output: undefined, error: undefined });

/** The actor that takes a step: the table's own, or XState's. */
export interface StepHost extends EffectHost {
  readonly chart: Chart;
  /** Given to actions. */
  readonly self: object;
  readonly system: object;
  /** Null when nobody inspects the actor. */
  readonly observer: MicrostepObserver | null;
  /** Null where nobody ever counts. */
  readonly passages: Passages | null;
  snapshotOf(position: Position): AnyMachineSnapshot;
}

/** Called for each microstep. */
export interface MicrostepObserver {
  microstep(event: EventObject, snapshot: AnyMachineSnapshot, transitions: AnyTransitionDefinition[]): void;
}

/** Kept for reuse. An actor's effects may send to another actor, so more than one can be in use. */
const unused: MacrostepUnderWay[] = [];
const nothing: EventObject = Object.freeze({ type: "" });
const empty: MachineContext = Object.freeze({});
const noTransitions: AnyTransitionDefinition[] = [];

/** An event being processed by an actor. The object is reused, so that an event allocates none. */
export class MacrostepUnderWay implements Macrostep, Position {
  configuration: Configuration;
  context: MachineContext = empty;
  /** The event of the current microstep: the one that was sent, or one that was raised. */
  event: EventObject = nothing;
  outcome: Outcome = active;
  readonly internalQueue: EventObject[] = [];
  #host: StepHost | null = null;
  /** Null when it must be made again. */
  #snapshot: AnyMachineSnapshot | null = null;

  private constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  /** An actor starts. Call `end()` afterwards. */
  static first(host: StepHost, event: EventObject): MacrostepUnderWay {
    return MacrostepUnderWay.#at(host.chart.table.beginning, host, event);
  }

  /** An actor takes an event. Call `end()` afterwards. */
  static from(host: StepHost, event: EventObject, snapshot: AnyMachineSnapshot): MacrostepUnderWay {
    const { configuration, context, outcome } = host.chart.snapshots.positionOf(snapshot);
    const macrostep = MacrostepUnderWay.#at(configuration, host, event);
    macrostep.context = context;
    macrostep.outcome = outcome;
    macrostep.#snapshot = snapshot;
    return macrostep;
  }

  static #at(configuration: Configuration, host: StepHost, event: EventObject): MacrostepUnderWay {
    const macrostep = unused.pop() ?? new MacrostepUnderWay(configuration);
    macrostep.#host = host;
    macrostep.event = event;
    macrostep.configuration = configuration;
    return macrostep;
  }

  /** Drops every reference. */
  end(): void {
    this.#host = null;
    this.#snapshot = null;
    this.event = nothing;
    this.context = empty;
    this.outcome = active;
    if (this.internalQueue.length > 0) this.internalQueue.length = 0;
    unused.push(this);
  }

  get host(): StepHost {
    if (this.#host === null)
      throw new Error("What an action was given is looked at after its step: take out of it what is needed later.");
    return this.#host;
  }

  get self(): object {
    return this.host.self;
  }

  get system(): object {
    return this.host.system;
  }

  /** XState passes it to every assignment; in the subset, calling it is an error. */
  get spawn(): () => never {
    const { machine, path } = this.configuration.leaf;
    return () => {
      throw new CompileError(machine.id, { feature: "spawn", path: path.join(".") });
    };
  }

  asSnapshot(): AnyMachineSnapshot {
    this.#snapshot ??= this.host.snapshotOf(this);
    return this.#snapshot;
  }

  /** States, context or outcome have changed. */
  changed(): void {
    this.#snapshot = null;
  }
}

/** A machine as a table, and what runs it. */
export class Chart {
  readonly machine: AnyStateMachine;
  readonly table: Table;
  readonly snapshots: Snapshots;
  readonly #maxIterations: number;

  constructor(machine: AnyStateMachine, table: Table) {
    this.machine = machine;
    this.table = table;
    this.snapshots = new Snapshots(machine, table);
    this.#maxIterations = machine.options.maxIterations ?? Number.POSITIVE_INFINITY;
  }

  /** Enters the initial states. What is thrown meanwhile becomes the outcome. */
  begin(macrostep: MacrostepUnderWay, input: unknown): void {
    const declared: unknown = this.machine.config.context;
    let context = typeof declared === "object" && declared !== null ? (declared as MachineContext) : empty;
    try {
      if (typeof declared === "function") {
        context = declared({ spawn: this.#spawn, input, self: macrostep.self });
      }
      macrostep.context = context;
      this.#take(this.table.initial, macrostep);
      this.#settle(macrostep);
    } catch (error) {
      macrostep.configuration = this.table.beginning;
      macrostep.context = context;
      macrostep.outcome = { status: "error", output: undefined, error };
      macrostep.changed();
    }
  }

  /** Processes the event. What effects and guards throw is thrown. */
  run(macrostep: MacrostepUnderWay): void {
    const { type } = macrostep.event;
    if (type === ANY) throw new Error("An event cannot be of the type '*': give it the name of what has happened.");
    if (type === STOP) {
      const { output, error } = macrostep.outcome;
      end(macrostep, { status: "stopped", output, error } as Outcome);
      return;
    }
    if (type !== INIT) {
      const step = selectStep(macrostep.configuration, macrostep);
      if (!step && type.startsWith(ACTOR_ERROR)) {
        const { error } = macrostep.event as AnyEventObject;
        end(macrostep, { status: "error", output: macrostep.outcome.output, error } as Outcome);
        return;
      }
      this.#microstep(step, macrostep);
    }
    this.#settle(macrostep);
  }

  /** Eventless transitions first, then raised events, until nothing is left to do. */
  #settle(macrostep: MacrostepUnderWay): void {
    let changed = true;
    for (let iteration = 1; macrostep.outcome.status === "active"; iteration++) {
      if (iteration > this.#maxIterations) throw this.#endless();
      const eventless = changed ? selectEventless(macrostep.configuration, macrostep) : undefined;
      if (eventless !== undefined) {
        // An eventless transition that changes nothing would be selected for ever.
        changed = this.#microstep(eventless, macrostep);
        continue;
      }
      if (macrostep.internalQueue.length === 0) return;
      macrostep.event = macrostep.internalQueue.shift() ?? nothing;
      this.#microstep(selectStep(macrostep.configuration, macrostep), macrostep);
      changed = true;
    }
  }

  /** @returns whether anything has changed. */
  #microstep(step: Step | undefined, macrostep: MacrostepUnderWay): boolean {
    const changed = step !== undefined && this.#take(step, macrostep);
    if (changed) macrostep.changed();
    observe(macrostep, step?.transitions ?? noTransitions);
    return changed;
  }

  #take(step: Step, macrostep: MacrostepUnderWay): boolean {
    const { context, outcome } = macrostep;
    const { actions } = step;
    for (let index = 0; index < actions.length; index++) actions[index]?.(macrostep);
    if (step.final) this.#complete(step.final, macrostep);
    if (macrostep.outcome.status === "done") for (const exit of step.target.exits) exit(macrostep);
    if (step.stays) return macrostep.context !== context || macrostep.outcome !== outcome;
    macrostep.configuration = step.target;
    return true;
  }

  /** A final state of the root ends the machine; one within a state raises that state's done event. */
  #complete({ node, done, raised }: FinalState, macrostep: MacrostepUnderWay): void {
    const output = node.parent ? resolveOutput(node.output, macrostep, macrostep.event) : undefined;
    if (raised !== undefined) {
      macrostep.internalQueue.push({ type: raised, output } as EventObject);
      return;
    }
    const declared: unknown = this.machine.root.output;
    const doneEvent = { type: done, output } as EventObject;
    macrostep.outcome =
      declared === undefined ? finished : { ...finished, output: resolveOutput(declared, macrostep, doneEvent) };
  }

  #endless(): Error {
    return new Error(
      `The machine "${this.machine.id}" took more than ${this.#maxIterations} microsteps for one event. ` +
        "Look for a cycle of eventless transitions or raised events.",
    );
  }

  readonly #spawn = (): never => {
    throw new CompileError(this.machine.id, { feature: "spawn", path: "" });
  };
}

function end(macrostep: MacrostepUnderWay, outcome: Outcome): void {
  macrostep.outcome = outcome;
  macrostep.changed();
  observe(macrostep, noTransitions);
}

function observe(macrostep: MacrostepUnderWay, transitions: AnyTransitionDefinition[]): void {
  const { observer, passages } = macrostep.host;
  if (passages?.counting) passages.passed(transitions, macrostep.context);
  if (observer !== null) observer.microstep(macrostep.event, macrostep.asSnapshot(), transitions);
}

function resolveOutput(output: unknown, { context, self }: Macrostep, event: EventObject): unknown {
  return typeof output === "function" ? output({ context, event, self }) : output;
}
