/** Snapshots of a chart: XState's in every property, made of a table's parts. */
import type { AnyMachineSnapshot, AnyStateMachine, EventObject, MachineContext } from "xstate";
import { type Configuration, selectStep, type Table } from "./table.ts";

/** Whether the machine goes on, and with what it ended. */
export type Outcome = Pick<AnyMachineSnapshot, "status" | "output" | "error">;

export const active: Outcome = Object.freeze({ status: "active", output: undefined, error: undefined });

/** Where a chart is. */
export interface Position {
  readonly configuration: Configuration;
  readonly context: MachineContext;
  readonly outcome: Outcome;
}

/** What the snapshots of one chart have in common. */
type ChartParts = Pick<
  AnyMachineSnapshot,
  "machine" | "children" | "historyValue" | "matches" | "hasTag" | "can" | "getMeta" | "toJSON"
>;

/** What states alone decide (`value`, `tags`, `_nodes`) is the same object in all snapshots of a configuration. */
class ChartSnapshot {
  // XState's properties in XState's order.
  readonly status: AnyMachineSnapshot["status"];
  readonly output: unknown;
  readonly error: unknown;
  readonly machine: AnyStateMachine;
  readonly context: MachineContext;
  readonly _nodes: AnyMachineSnapshot["_nodes"];
  readonly value: AnyMachineSnapshot["value"];
  readonly tags: AnyMachineSnapshot["tags"];
  readonly children: AnyMachineSnapshot["children"];
  readonly historyValue: AnyMachineSnapshot["historyValue"];
  readonly matches: AnyMachineSnapshot["matches"];
  readonly hasTag: AnyMachineSnapshot["hasTag"];
  readonly can: AnyMachineSnapshot["can"];
  readonly getMeta: AnyMachineSnapshot["getMeta"];
  readonly toJSON: AnyMachineSnapshot["toJSON"];
  readonly #configuration: Configuration;

  constructor(chart: ChartParts, { configuration, context, outcome }: Position) {
    const { _nodes, value, tags } = outcome.status === "done" ? configuration.doneStatePart : configuration.statePart;
    this.status = outcome.status;
    this.output = outcome.output;
    this.error = outcome.error;
    this.machine = chart.machine;
    this.context = context;
    this._nodes = _nodes;
    this.value = value;
    this.tags = tags;
    this.children = chart.children;
    this.historyValue = chart.historyValue;
    this.matches = chart.matches;
    this.hasTag = chart.hasTag;
    this.can = chart.can;
    this.getMeta = chart.getMeta;
    this.toJSON = chart.toJSON;
    this.#configuration = configuration;
  }

  /** Undefined of a snapshot that the machine has made or restored itself. */
  static configurationOf(snapshot: object): Configuration | undefined {
    return #configuration in snapshot ? snapshot.#configuration : undefined;
  }
}

/** Makes the snapshots of one chart. */
export class Snapshots {
  /** Before an actor has entered anything. */
  readonly beginning: AnyMachineSnapshot;
  readonly #table: Table;
  readonly #parts: ChartParts;

  constructor(machine: AnyStateMachine, table: Table) {
    this.#table = table;
    const { value } = table.beginning.statePart;
    // XState's own methods, so that whatever takes a machine's snapshot takes these; but `can` asks the table.
    const { matches, hasTag, getMeta, toJSON } = machine.resolveState({ value, context: {} });
    const configurationOf = (snapshot: AnyMachineSnapshot) => this.configurationOf(snapshot);
    const can = function (this: AnyMachineSnapshot, event: EventObject): boolean {
      return canTake(configurationOf(this), this, event);
    };
    const [children, historyValue] = [Object.freeze({}), Object.freeze({})];
    this.#parts = { machine, children, historyValue, matches, hasTag, can, getMeta, toJSON };
    this.beginning = this.of({ configuration: table.beginning, context: {}, outcome: active });
  }

  configurationOf(snapshot: AnyMachineSnapshot): Configuration {
    return ChartSnapshot.configurationOf(snapshot) ?? this.#table.configurationOf(snapshot._nodes);
  }

  /** A new one. */
  of(position: Position): AnyMachineSnapshot {
    return new ChartSnapshot(this.#parts, position) as AnyMachineSnapshot;
  }
}

/**
 * Snapshots of many actors. As long as nothing has been assigned, actors have the context that they began with, which is
 * mostly the same for all of them: they share one snapshot for each configuration.
 */
export class SharedSnapshots {
  readonly #snapshots: Snapshots;
  /** The one that the last actor began with. */
  #context: MachineContext | null = null;
  readonly #ofConfiguration = new Map<Configuration, AnyMachineSnapshot>();

  constructor(snapshots: Snapshots) {
    this.#snapshots = snapshots;
  }

  /** An actor has begun. */
  begun(position: Position): AnyMachineSnapshot {
    if (position.context !== this.#context) {
      this.#context = position.context;
      this.#ofConfiguration.clear();
    }
    return this.of(position);
  }

  of(position: Position): AnyMachineSnapshot {
    const { configuration, context, outcome } = position;
    if (context !== this.#context || outcome.status !== "active") return this.#snapshots.of(position);
    let shared = this.#ofConfiguration.get(configuration);
    if (!shared) {
      shared = this.#snapshots.of(position);
      this.#ofConfiguration.set(configuration, shared);
    }
    return shared;
  }
}

/** XState's condition: some transition is enabled, and it is not one that forbids the event. */
function canTake(configuration: Configuration, snapshot: AnyMachineSnapshot, event: EventObject): boolean {
  const { context } = snapshot;
  const step = selectStep(configuration, { context, event, asSnapshot: () => snapshot });
  return step?.transitions.some(({ target, actions }) => target !== undefined || actions.length > 0) ?? false;
}
