/** Snapshots of a chart: equal to XState's in every property, and made from a table's parts. */
import type { AnyMachineSnapshot, AnyStateMachine, EventObject, MachineContext } from "xstate";
import { type Configuration, type StatePart, selectStep, type Table } from "./table.ts";

/** Whether the machine is running, and how it ended. */
export type Outcome = Pick<AnyMachineSnapshot, "status" | "output" | "error">;

export const active: Outcome = Object.freeze({ status: "active", output: undefined, error: undefined });

/** Where a chart is. */
export interface Position {
  readonly configuration: Configuration;
  readonly context: MachineContext;
  readonly outcome: Outcome;
}

/** Makes the snapshots of one chart. What depends on states alone (`value`, `tags`, `_nodes`) is one shared object. */
export class Snapshots {
  readonly #table: Table;
  /** What all have in common. XState's own methods, so that anything that takes a machine's snapshot takes these. */
  readonly #common: Pick<
    AnyMachineSnapshot,
    "machine" | "children" | "historyValue" | "matches" | "hasTag" | "can" | "getMeta" | "toJSON"
  >;

  constructor(machine: AnyStateMachine, table: Table) {
    this.#table = table;
    const { value } = table.beginning.statePart;
    const { matches, hasTag, can, getMeta, toJSON } = machine.resolveState({ value, context: {} });
    const [children, historyValue] = [Object.freeze({}), Object.freeze({})];
    this.#common = { machine, children, historyValue, matches, hasTag, can, getMeta, toJSON };
  }

  positionOf(snapshot: AnyMachineSnapshot): Position {
    if (snapshot instanceof SmallSnapshot) return snapshot;
    return {
      configuration: this.#table.configurationOf(snapshot._nodes),
      context: snapshot.context,
      outcome: snapshot,
    };
  }

  /** The form that XState's actor and inspectors expect: an object of plain properties, in XState's order. */
  of(position: Position): AnyMachineSnapshot {
    const { context, outcome } = position;
    const { status, output, error } = outcome;
    const { _nodes, value, tags } = statePartOf(position);
    const { machine, children, historyValue, matches, hasTag, can, getMeta, toJSON } = this.#common;
    // One literal: spreading costs more than all the rest together.
    return {
      status,
      output,
      error,
      machine,
      context,
      _nodes,
      value,
      tags,
      children,
      historyValue,
      matches,
      hasTag,
      can,
      getMeta,
      toJSON,
    } as AnyMachineSnapshot;
  }

  /** The same to its readers, in a third of the memory. */
  small(position: Position): AnyMachineSnapshot {
    return new SmallSnapshot(this, position) as AnyMachineSnapshot;
  }
}

function statePartOf({ configuration, outcome }: Position): StatePart {
  return outcome.status === "done" ? configuration.doneStatePart : configuration.statePart;
}

class SmallSnapshot implements Record<keyof AnyMachineSnapshot, unknown>, Position {
  readonly configuration: Configuration;
  readonly context: MachineContext;
  readonly outcome: Outcome;
  readonly #snapshots: Snapshots;

  constructor(snapshots: Snapshots, { configuration, context, outcome }: Position) {
    this.configuration = configuration;
    this.context = context;
    this.outcome = outcome;
    this.#snapshots = snapshots;
  }

  // What actors are asked often.

  get status(): Outcome["status"] {
    return this.outcome.status;
  }

  get value(): StatePart["value"] {
    return statePartOf(this).value;
  }

  get tags(): StatePart["tags"] {
    return statePartOf(this).tags;
  }

  hasTag(tag: string): boolean {
    return statePartOf(this).tags.has(tag);
  }

  /** XState's condition: some transition is enabled, and it is not one that forbids the event. */
  can(event: EventObject): boolean {
    const { context } = this;
    const step = selectStep(this.configuration, { context, event, asSnapshot: () => this.#plain });
    return step?.transitions.some(({ target, actions }) => target !== undefined || actions.length > 0) ?? false;
  }

  // What actors are asked rarely.

  get #plain(): AnyMachineSnapshot {
    return this.#snapshots.of(this);
  }

  get output(): unknown {
    return this.outcome.output;
  }

  get error(): unknown {
    return this.outcome.error;
  }

  get machine(): AnyStateMachine {
    return this.#plain.machine;
  }

  get _nodes(): AnyMachineSnapshot["_nodes"] {
    return this.#plain._nodes;
  }

  get children(): AnyMachineSnapshot["children"] {
    return this.#plain.children;
  }

  get historyValue(): AnyMachineSnapshot["historyValue"] {
    return this.#plain.historyValue;
  }

  matches(value: Parameters<AnyMachineSnapshot["matches"]>[0]): boolean {
    return this.#plain.matches(value);
  }

  getMeta(): unknown {
    return this.#plain.getMeta();
  }

  toJSON(): unknown {
    return this.#plain.toJSON();
  }
}

/**
 * Snapshots of many actors that nobody inspects. Until something is assigned, an actor has the context that it began
 * with, which is mostly the same for all: they share one snapshot for each configuration.
 */
export class SharedSnapshots {
  /** Before an actor has entered any state. */
  readonly beginning: AnyMachineSnapshot;
  readonly #snapshots: Snapshots;
  /** The context that the last actor began with. */
  #context: MachineContext | null = null;
  readonly #ofConfiguration = new Map<Configuration, AnyMachineSnapshot>();

  constructor(snapshots: Snapshots, { beginning }: Table) {
    this.#snapshots = snapshots;
    this.beginning = snapshots.small({ configuration: beginning, context: {}, outcome: active });
  }

  /** An actor has begun. */
  begun({ context }: Position): void {
    if (context === this.#context) return;
    this.#context = context;
    this.#ofConfiguration.clear();
  }

  of(position: Position): AnyMachineSnapshot {
    const { configuration, context, outcome } = position;
    if (context !== this.#context || outcome.status !== "active") return this.#snapshots.small(position);
    let shared = this.#ofConfiguration.get(configuration);
    if (!shared) {
      shared = this.#snapshots.small(position);
      this.#ofConfiguration.set(configuration, shared);
    }
    return shared;
  }
}
