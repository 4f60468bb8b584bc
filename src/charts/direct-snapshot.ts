import type { AnyMachineSnapshot, AnyStateMachine, EventObject, MachineContext } from "xstate";
import type { GuardSubject, Outcome } from "./macrostep.ts";
import { type Configuration, type StatePart, statePartOf } from "./table.ts";

export type SnapshotMethods = Pick<AnyMachineSnapshot, "matches" | "getMeta">;

/** What the snapshots of one chart have in common. */
export interface ChartFacts {
  readonly machine: AnyStateMachine;
  /** XState's own. */
  readonly methods: SnapshotMethods;
  readonly children: AnyMachineSnapshot["children"];
  readonly historyValue: AnyMachineSnapshot["historyValue"];
  can(configuration: Configuration, subject: GuardSubject): boolean;
}

/** Where a chart is. */
export interface Whereabouts {
  readonly configuration: Configuration;
  readonly context: MachineContext;
  readonly outcome: Outcome;
}

/** The snapshot of an actor that nobody watches: it answers what XState's answers, in a third of the memory. */
export class DirectSnapshot {
  readonly context: MachineContext;
  readonly #chart: ChartFacts;
  readonly #configuration: Configuration;
  readonly #outcome: Outcome;

  constructor(chart: ChartFacts, { configuration, context, outcome }: Whereabouts) {
    this.#chart = chart;
    this.#configuration = configuration;
    this.context = context;
    this.#outcome = outcome;
  }

  /** Not among what a snapshot shows. */
  static configurationOf(snapshot: DirectSnapshot): Configuration {
    return snapshot.#configuration;
  }

  static outcomeOf(snapshot: DirectSnapshot): Outcome {
    return snapshot.#outcome;
  }

  get #part(): StatePart {
    return statePartOf(this.#configuration, this.#outcome);
  }

  get status(): Outcome["status"] {
    return this.#outcome.status;
  }

  get output(): unknown {
    return this.#outcome.output;
  }

  get error(): unknown {
    return this.#outcome.error;
  }

  get value(): StatePart["value"] {
    return this.#part.value;
  }

  get tags(): StatePart["tags"] {
    return this.#part.tags;
  }

  get _nodes(): StatePart["_nodes"] {
    return this.#part._nodes;
  }

  get machine(): AnyStateMachine {
    return this.#chart.machine;
  }

  get children(): AnyMachineSnapshot["children"] {
    return this.#chart.children;
  }

  get historyValue(): AnyMachineSnapshot["historyValue"] {
    return this.#chart.historyValue;
  }

  matches(value: Parameters<SnapshotMethods["matches"]>[0]): boolean {
    return this.#chart.methods.matches.call(this as never, value);
  }

  hasTag(tag: string): boolean {
    return this.#part.tags.has(tag as never);
  }

  can(event: EventObject): boolean {
    const { context } = this;
    return this.#chart.can(this.#configuration, { context, event, asSnapshot: () => this as never });
  }

  getMeta(): ReturnType<SnapshotMethods["getMeta"]> {
    return this.#chart.methods.getMeta.call(this as never);
  }

  toJSON(): unknown {
    const { status, output, error, context, value, children, historyValue } = this;
    return { status, output, error, context, value, children, historyValue, tags: [...this.tags] };
  }
}
