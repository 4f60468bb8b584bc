/** Runs a table by SCXML's algorithm (section 3.13, mainEventLoop and microstep), in the order in which XState does it. */
import type {
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  EventObject,
  InspectedMicrostepEvent,
  MachineContext,
} from "xstate";
import type { AfterTimers } from "./after-timers.ts";
import { CompileError } from "./compile-error.ts";
import { type ChartFacts, DirectSnapshot } from "./direct-snapshot.ts";
import { Macrostep, type RunningScope } from "./macrostep.ts";
import { type Configuration, candidatesFor, type StatePart, type Step, type Table } from "./table.ts";

const INIT = "xstate.init";
const STOP = "xstate.stop";
const ACTOR_ERROR = "xstate.error.actor";
const ANY = "*";

type Outcome = Pick<AnyMachineSnapshot, "status" | "output" | "error">;

const active: Outcome = { status: "active", output: undefined, error: undefined };

/** Hidden from XState's types; tells inspectors, if there are any. */
interface InspectedSystem {
  _sendInspectionEvent(event: Omit<InspectedMicrostepEvent, "rootId">): void;
}

export class Interpreter {
  readonly #machine: AnyStateMachine;
  readonly #table: Table;
  readonly #afterTimers: AfterTimers;
  readonly #maxIterations: number;
  /** Snapshots have XState's own methods and no others, so that whatever takes a machine's snapshot takes these. */
  readonly #methods: Pick<AnyMachineSnapshot, "matches" | "hasTag" | "can" | "getMeta" | "toJSON">;
  readonly #children = Object.freeze({});
  readonly #historyValue = Object.freeze({});
  readonly #chart: ChartFacts;
  /** Of actors that nobody watches, as long as the context is the one that the chart declares for all of them. */
  readonly #shared = new Map<StatePart, AnyMachineSnapshot>();

  constructor(machine: AnyStateMachine, { table, afterTimers }: { table: Table; afterTimers: AfterTimers }) {
    this.#machine = machine;
    this.#afterTimers = afterTimers;
    this.#table = table;
    this.#maxIterations = machine.options.maxIterations ?? Number.POSITIVE_INFINITY;
    this.#methods = machine.resolveState({ value: table.beginning.value, context: {} });
    this.#chart = {
      machine,
      methods: this.#methods,
      children: this.#children,
      historyValue: this.#historyValue,
      can: (snapshot, event) => this.#can(snapshot as unknown as AnyMachineSnapshot, event),
    };
  }

  /** Whether only XState's own actor can run the chart. */
  get needsSystem(): boolean {
    return this.#table.needsSystem;
  }

  /** What is thrown on the way becomes the snapshot's error. */
  initialSnapshot(scope: RunningScope, input: unknown): AnyMachineSnapshot {
    const declared: unknown = this.#machine.config.context;
    let context = typeof declared === "object" && declared !== null ? (declared as MachineContext) : {};
    try {
      if (typeof declared === "function") context = { ...declared({ spawn: this.#spawn, input, self: scope.self }) };
      const event: AnyEventObject = { type: INIT, input };
      const macrostep = new Macrostep(context, event, scope);
      const beginning = this.#snapshot(macrostep, this.#table.beginning, active);
      return this.#settle(this.#take(this.#table.initial, beginning, macrostep), macrostep);
    } catch (error) {
      const failed = new Macrostep(context, { type: INIT }, scope);
      return this.#snapshot(failed, this.#table.beginning, { status: "error", output: undefined, error });
    }
  }

  transition(snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: RunningScope): AnyMachineSnapshot {
    try {
      return this.#macrostep(snapshot, event, scope);
    } catch (error) {
      // The actor ends with this error, whatever state it is in.
      this.#afterTimers.cancelAll(scope);
      throw error;
    }
  }

  /** The end of an actor by an error, whatever state it is in. */
  failed(snapshot: AnyMachineSnapshot, error: unknown, scope: RunningScope): AnyMachineSnapshot {
    this.#afterTimers.cancelAll(scope);
    return this.#directSnapshot(snapshot.context, snapshot, { status: "error", output: undefined, error });
  }

  #macrostep(snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: RunningScope): AnyMachineSnapshot {
    const { type } = event;
    if (type === ANY) throw new Error("An event cannot be of the type '*': give it the name of what has happened.");
    const macrostep = new Macrostep(snapshot.context, event, scope);
    if (type === INIT) return this.#settle(snapshot, macrostep);
    if (type === STOP) {
      const { output, error } = snapshot;
      return this.#end(snapshot, macrostep, { status: "stopped", output, error } as Outcome);
    }
    const configuration = this.#table.configurationOf(snapshot._nodes);
    const step = select(configuration, snapshot, event);
    if (!step && type.startsWith(ACTOR_ERROR)) {
      const { output } = snapshot;
      return this.#end(snapshot, macrostep, { status: "error", output, error: event["error"] } as Outcome);
    }
    return this.#settle(this.#microstep(step, snapshot, macrostep), macrostep);
  }

  /** Eventless transitions first, then raised events, until nothing is left to do. */
  #settle(snapshot: AnyMachineSnapshot, macrostep: Macrostep): AnyMachineSnapshot {
    let current = snapshot;
    let changed = true;
    for (let iteration = 1; current.status === "active"; iteration++) {
      if (iteration > this.#maxIterations) throw this.#endless();
      const configuration = this.#table.configurationOf(current._nodes);
      let step: Step | undefined = changed ? selectEventless(configuration, current, macrostep.event) : undefined;
      const eventless: boolean = step !== undefined;
      if (!eventless) {
        const raised = macrostep.nextRaised();
        if (!raised) return current;
        macrostep.event = raised;
        step = select(configuration, current, raised);
      }
      const next = this.#microstep(step, current, macrostep);
      // An eventless transition that changed nothing would be selected for ever.
      changed = !eventless || next !== current;
      current = next;
    }
    return current;
  }

  #microstep(step: Step | undefined, snapshot: AnyMachineSnapshot, macrostep: Macrostep): AnyMachineSnapshot {
    const next = step ? this.#take(step, snapshot, macrostep) : snapshot;
    announce(macrostep, next, step?.transitions ?? []);
    return next;
  }

  /** The same snapshot when neither the states nor the context have changed. */
  #take(step: Step, snapshot: AnyMachineSnapshot, macrostep: Macrostep): AnyMachineSnapshot {
    const { actions } = step;
    for (let index = 0; index < actions.length; index++) actions[index]?.(macrostep);
    const outcome: Outcome = step.final ? this.#complete(step.final, snapshot, macrostep) : snapshot;
    const done = outcome.status === "done";
    if (done) for (const exit of step.target.exits) exit(macrostep);
    if (!step.stays) {
      return this.#snapshot(macrostep, done ? step.target.doneStatePart : step.target.statePart, outcome);
    }
    if (outcome === snapshot && macrostep.context === snapshot.context) return snapshot;
    return this.#snapshot(macrostep, snapshot, outcome);
  }

  /** A final state of the root ends the machine; one within a state raises that state's done event. */
  #complete(final: AnyStateNode, snapshot: AnyMachineSnapshot, macrostep: Macrostep): Outcome {
    const { context, event, scope } = macrostep;
    const { parent } = final;
    const output = parent ? resolveOutput(final.output, { context, event, self: scope.self }) : undefined;
    if (parent) macrostep.internalQueue.push(doneEvent(parent, output));
    if (parent?.parent) return snapshot;
    const done = { context, event: doneEvent(final, output), self: scope.self };
    return { status: "done", output: resolveOutput(this.#machine.root.output, done), error: undefined };
  }

  #end(snapshot: AnyMachineSnapshot, macrostep: Macrostep, outcome: Outcome): AnyMachineSnapshot {
    const ended = this.#snapshot(macrostep, snapshot, outcome);
    announce(macrostep, ended, []);
    this.#afterTimers.cancelAll(macrostep.scope);
    return ended;
  }

  /** XState's condition: some transition is enabled, and it is not one that forbids the event. */
  #can(snapshot: AnyMachineSnapshot, event: EventObject): boolean {
    const step = select(this.#table.configurationOf(snapshot._nodes), snapshot, event);
    return step?.transitions.some(({ target, actions }) => target !== undefined || actions.length > 0) ?? false;
  }

  #directSnapshot(context: MachineContext, part: StatePart, outcome: Outcome): AnyMachineSnapshot {
    const shareable = context === this.#machine.config.context && outcome.status === "active";
    const shared = shareable ? this.#shared.get(part) : undefined;
    if (shared) return shared;
    const snapshot = new DirectSnapshot(this.#chart, { context, part }, outcome) as unknown as AnyMachineSnapshot;
    if (shareable) this.#shared.set(part, snapshot);
    return snapshot;
  }

  #snapshot({ context, scope }: Macrostep, part: StatePart, outcome: Outcome): AnyMachineSnapshot {
    if (scope.direct !== undefined) return this.#directSnapshot(context, part, outcome);
    const { matches, hasTag, can, getMeta, toJSON } = this.#methods;
    return {
      status: outcome.status,
      output: outcome.output,
      error: outcome.error,
      machine: this.#machine,
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
      `The machine "${this.#machine.id}" took more than ${this.#maxIterations} microsteps for one event. ` +
        "Look for a cycle of eventless transitions or raised events.",
    );
  }

  readonly #spawn = (): never => {
    throw new CompileError(this.#machine.id, { feature: "spawn", path: "" });
  };
}

function select(configuration: Configuration, snapshot: AnyMachineSnapshot, event: EventObject): Step | undefined {
  for (const step of candidatesFor(configuration, event.type)) {
    if (!step.guard || asked(step, snapshot, event)) return step;
  }
  return undefined;
}

function asked({ guard, transitions }: Step, snapshot: AnyMachineSnapshot, event: EventObject): unknown {
  try {
    return guard?.(snapshot, event);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const state = transitions[0]?.source.id;
    throw new Error(`A guard of the state "${state}" threw at the event "${event.type}": ${reason}`, { cause });
  }
}

function selectEventless(
  { always }: Configuration,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
): Step | undefined {
  for (const step of always) if (!step.guard || step.guard(snapshot, event)) return step;
  return undefined;
}

function announce({ scope, event }: Macrostep, snapshot: AnyMachineSnapshot, transitions: Step["transitions"]): void {
  if (scope.direct !== undefined) return;
  const system = scope.system as unknown as InspectedSystem;
  system._sendInspectionEvent({
    type: "@xstate.microstep",
    actorRef: scope.self,
    event,
    snapshot,
    _transitions: transitions,
  });
}

function doneEvent(state: AnyStateNode, output: unknown): EventObject {
  return { type: `xstate.done.state.${state.id}`, output } as EventObject;
}

function resolveOutput(output: unknown, args: object): unknown {
  return typeof output === "function" ? output(args) : output;
}
