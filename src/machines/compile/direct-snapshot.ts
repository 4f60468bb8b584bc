import type { AnyMachineSnapshot, AnyStateMachine, EventObject, MachineContext } from "xstate";
import type { StatePart } from "./table.ts";

export type SnapshotMethods = Pick<AnyMachineSnapshot, "matches" | "getMeta">;

/** What the snapshots of one chart have in common. */
export interface ChartFacts {
  readonly machine: AnyStateMachine;
  /** XState's own. */
  readonly methods: SnapshotMethods;
  readonly children: AnyMachineSnapshot["children"];
  readonly historyValue: AnyMachineSnapshot["historyValue"];
  can(snapshot: DirectSnapshot, event: EventObject): boolean;
}

/** The snapshot of an actor that nobody watches: it answers what XState's answers, in a third of the memory. */
export class DirectSnapshot {
  readonly status: AnyMachineSnapshot["status"];
  readonly output: unknown;
  readonly error: unknown;
  readonly context: MachineContext;
  readonly #part: StatePart;
  readonly #chart: ChartFacts;

  constructor(
    chart: ChartFacts,
    state: { readonly context: MachineContext; readonly part: StatePart },
    outcome: Pick<AnyMachineSnapshot, "status" | "output" | "error">,
  ) {
    this.#chart = chart;
    // A snapshot is a part, too: a chain of them would keep all that was.
    this.#part = state.part instanceof DirectSnapshot ? state.part.#part : state.part;
    this.context = state.context;
    this.status = outcome.status;
    this.output = outcome.output;
    this.error = outcome.error;
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
    return this.#chart.can(this, event);
  }

  getMeta(): ReturnType<SnapshotMethods["getMeta"]> {
    return this.#chart.methods.getMeta.call(this as never);
  }

  toJSON(): unknown {
    const { status, output, error, context, value, children, historyValue } = this;
    return { status, output, error, context, value, children, historyValue, tags: [...this.tags] };
  }
}
