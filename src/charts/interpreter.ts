/** Runs a table by SCXML's algorithm (section 3.13, mainEventLoop and microstep), in the order in which XState does it. */
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, EventObject, MachineContext } from "xstate";
import type { AfterTimers } from "./after-timers.ts";
import { CompileError } from "./compile-error.ts";
import { type ChartFacts, DirectSnapshot, type Whereabouts } from "./direct-snapshot.ts";
import {
  active,
  type CompiledGuard,
  type GuardSubject,
  type Macrostep,
  type Outcome,
  type RunningScope,
  type SnapshotForm,
  WatchedMacrostep,
} from "./macrostep.ts";
import { type Configuration, candidatesFor, type FinalState, type Step, statePartOf, type Table } from "./table.ts";

const INIT = "xstate.init";
const STOP = "xstate.stop";
const ACTOR_ERROR = "xstate.error.actor";
const ANY = "*";

const finished: Outcome = Object.freeze({ status: "done", output: undefined, error: undefined });

type OutputArguments = Pick<Macrostep, "context" | "event" | "self">;

export class Interpreter implements SnapshotForm {
  readonly machine: AnyStateMachine;
  readonly #table: Table;
  readonly #afterTimers: AfterTimers;
  readonly #maxIterations: number;
  /** Snapshots have XState's own methods and no others, so that whatever takes a machine's snapshot takes these. */
  readonly #methods: Pick<AnyMachineSnapshot, "matches" | "hasTag" | "can" | "getMeta" | "toJSON">;
  readonly #children = Object.freeze({});
  readonly #historyValue = Object.freeze({});
  readonly #chart: ChartFacts;

  constructor(machine: AnyStateMachine, { table, afterTimers }: { table: Table; afterTimers: AfterTimers }) {
    this.machine = machine;
    this.#afterTimers = afterTimers;
    this.#table = table;
    this.#maxIterations = machine.options.maxIterations ?? Number.POSITIVE_INFINITY;
    this.#methods = machine.resolveState({ value: table.beginning.statePart.value, context: {} });
    this.#chart = {
      machine,
      methods: this.#methods,
      children: this.#children,
      historyValue: this.#historyValue,
      can: (configuration, subject) => can(configuration, subject),
    };
  }

  /** Whether only XState's own actor can run the chart. */
  get needsSystem(): boolean {
    return this.#table.needsSystem;
  }

  /** Where every actor begins. */
  get beginning(): Configuration {
    return this.#table.beginning;
  }

  initialSnapshot(scope: RunningScope, input: unknown): AnyMachineSnapshot {
    const beginning = { configuration: this.beginning, context: {}, event: { type: INIT }, outcome: active };
    const macrostep = new WatchedMacrostep(this, scope, { ...beginning, snapshot: null });
    this.begin(macrostep, input);
    return macrostep.outcome.status === "error" ? this.snapshot(macrostep, null) : macrostep.asSnapshot();
  }

  transition(snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: RunningScope): AnyMachineSnapshot {
    const configuration = this.#table.configurationOf(snapshot._nodes);
    const { context } = snapshot;
    const macrostep = new WatchedMacrostep(this, scope, { configuration, context, event, outcome: snapshot, snapshot });
    try {
      this.run(macrostep);
    } catch (error) {
      // The actor ends with this error, whatever state it is in.
      this.giveUp(scope);
      throw error;
    }
    return macrostep.asSnapshot();
  }

  /** Enters the initial states. What is thrown on the way becomes the outcome. */
  begin(macrostep: Macrostep, input: unknown): void {
    const declared: unknown = this.machine.config.context;
    let context = typeof declared === "object" && declared !== null ? (declared as MachineContext) : {};
    try {
      if (typeof declared === "function") context = declared({ spawn: this.#spawn, input, self: macrostep.self });
      macrostep.event = { type: INIT, input } as EventObject;
      macrostep.context = context;
      this.#take(this.#table.initial, macrostep);
      this.#settle(macrostep);
    } catch (error) {
      macrostep.configuration = this.beginning;
      macrostep.context = context;
      macrostep.outcome = { status: "error", output: undefined, error };
    }
  }

  /** Carries the event of the macrostep through. What effects and guards throw is thrown. */
  run(macrostep: Macrostep): void {
    const { type } = macrostep.event;
    if (type === ANY) throw new Error("An event cannot be of the type '*': give it the name of what has happened.");
    if (type === INIT) {
      this.#settle(macrostep);
      return;
    }
    if (type === STOP) {
      const { output, error } = macrostep.outcome;
      this.#end(macrostep, { status: "stopped", output, error } as Outcome);
      return;
    }
    const step = select(macrostep.configuration, macrostep);
    if (!step && type.startsWith(ACTOR_ERROR)) {
      const { output } = macrostep.outcome;
      const { error } = macrostep.event as AnyEventObject;
      this.#end(macrostep, { status: "error", output, error } as Outcome);
      return;
    }
    this.#microstep(step, macrostep);
    this.#settle(macrostep);
  }

  /** An actor has ended without leaving its states. */
  giveUp(scope: RunningScope): void {
    this.#afterTimers.cancelAll(scope);
  }

  /** Eventless transitions first, then raised events, until nothing is left to do. */
  #settle(macrostep: Macrostep): void {
    let changed = true;
    for (let iteration = 1; macrostep.outcome.status === "active"; iteration++) {
      if (iteration > this.#maxIterations) throw this.#endless();
      const eventless: Step | undefined = changed ? selectEventless(macrostep) : undefined;
      if (eventless !== undefined) {
        // An eventless transition that changed nothing would be selected for ever.
        changed = this.#microstep(eventless, macrostep);
        continue;
      }
      const raised = macrostep.nextRaised();
      if (!raised) return;
      macrostep.event = raised;
      this.#microstep(select(macrostep.configuration, macrostep), macrostep);
      changed = true;
    }
  }

  /** @returns whether anything is other than before. */
  #microstep(step: Step | undefined, macrostep: Macrostep): boolean {
    const changed = step !== undefined && this.#take(step, macrostep);
    macrostep.microstepTaken(step?.transitions ?? [], changed);
    return changed;
  }

  #take(step: Step, macrostep: Macrostep): boolean {
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
  #complete({ node, done, raised }: FinalState, macrostep: Macrostep): void {
    const { context, self } = macrostep;
    const output = node.parent ? resolveOutput(node.output, macrostep) : undefined;
    if (raised !== undefined) {
      macrostep.internalQueue.push({ type: raised, output } as EventObject);
      return;
    }
    const declared: unknown = this.machine.root.output;
    const told = typeof declared === "function" ? { context, event: { type: done, output }, self } : macrostep;
    macrostep.outcome = declared === undefined ? finished : { ...finished, output: resolveOutput(declared, told) };
  }

  #end(macrostep: Macrostep, outcome: Outcome): void {
    macrostep.outcome = outcome;
    macrostep.microstepTaken([], true);
    this.giveUp(macrostep.scope);
  }

  /** Of an actor that nobody watches. */
  directSnapshot(whereabouts: Whereabouts): DirectSnapshot {
    return new DirectSnapshot(this.#chart, whereabouts);
  }

  snapshot({ configuration, context, outcome }: Macrostep, before: AnyMachineSnapshot | null): AnyMachineSnapshot {
    const stays = before !== null && this.#table.configurationOf(before._nodes) === configuration;
    const part = stays ? before : statePartOf(configuration, outcome);
    const { matches, hasTag, can, getMeta, toJSON } = this.#methods;
    return {
      status: outcome.status,
      output: outcome.output,
      error: outcome.error,
      machine: this.machine,
      context,
      _nodes: part._nodes,
      value: part.value,
      tags: part.tags,
      children: this.#children,
      historyValue: this.#historyValue,
      matches,
      hasTag,
      can,
      getMeta,
      toJSON,
    } as AnyMachineSnapshot;
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

function select(configuration: Configuration, subject: GuardSubject): Step | undefined {
  for (const step of candidatesFor(configuration, subject.event.type)) {
    if (!step.guard || asked(step.guard, step, subject)) return step;
  }
  return undefined;
}

function asked(guard: CompiledGuard, { transitions }: Step, subject: GuardSubject): unknown {
  try {
    return guard(subject);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const state = transitions[0]?.source.id;
    throw new Error(`A guard of the state "${state}" threw at the event "${subject.event.type}": ${reason}`, { cause });
  }
}

function selectEventless(macrostep: Macrostep): Step | undefined {
  for (const step of macrostep.configuration.always) if (!step.guard || step.guard(macrostep)) return step;
  return undefined;
}

/** XState's condition: some transition is enabled, and it is not one that forbids the event. */
function can(configuration: Configuration, subject: GuardSubject): boolean {
  const step = select(configuration, subject);
  return step?.transitions.some(({ target, actions }) => target !== undefined || actions.length > 0) ?? false;
}

function resolveOutput(output: unknown, { context, event, self }: OutputArguments): unknown {
  return typeof output === "function" ? output({ context, event, self }) : output;
}
