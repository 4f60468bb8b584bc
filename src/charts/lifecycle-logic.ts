/** The one switch between a chart's compiled table and XState's own interpreter. */
import {
  type ActorOptions,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type InputFrom,
  type SnapshotFrom,
} from "xstate";
import { type ActorClock, type ActorProgram, ChartActor } from "./actor.ts";
import { type CompiledMachine, chartOf, logicOf } from "./compile.ts";
import type { Inspector } from "./inspector.ts";
import type { Passages } from "./passages.ts";
import { SharedSnapshots } from "./snapshot.ts";
import type { Chart } from "./step.ts";

export type { ActorClock } from "./actor.ts";

/** `interpreted` is for debugging: XState runs the chart itself, with the same effect at a higher price. */
export type LifecycleMode = "compiled" | "interpreted";

/** The ways to run a machine, made once for all its actors; the types are the same. */
export interface LifecycleLogic<TMachine extends AnyStateMachine>
  extends Readonly<Record<LifecycleMode, CompiledMachine<TMachine>>> {
  readonly chart: Chart;
}

export function lifecycleLogic<TMachine extends AnyStateMachine>(machine: TMachine): LifecycleLogic<TMachine> {
  const chart = chartOf(machine);
  // A machine is an actor logic with an id and a config, too.
  return { chart, compiled: logicOf(machine, chart), interpreted: machine as unknown as CompiledMachine<TMachine> };
}

/** What connections and sessions need of their actor. */
export interface LifecycleActor<TMachine extends AnyStateMachine> {
  getSnapshot(): SnapshotFrom<TMachine>;
  send(event: EventFromLogic<TMachine>): void;
  start(): unknown;
}

/** What the actors of one listener, or of one protocol, share. */
export interface LifecycleOptions<TMachine extends AnyStateMachine, Carrier> {
  readonly mode: LifecycleMode;
  /** The id of the actor that runs the chart for this carrier. */
  readonly id: (carrier: Carrier) => string;
  /** Needed by a chart with `after`. */
  readonly clock?: ActorClock;
  /** The inspector of this carrier's actor, if any. */
  readonly inspect: (carrier: Carrier) => Inspector | undefined;
  /** Who counts this carrier's transitions, if anybody ever does. XState's own actors are not counted. */
  readonly passages?: (carrier: Carrier) => Passages | undefined;
  /** Called with the state at the start and after each event. */
  readonly changed?: (carrier: Carrier, value: SnapshotFrom<TMachine>["value"]) => void;
  /** Called with what an effect or a guard threw; the actor has ended. Without it, the error ends the process. */
  readonly failed?: (carrier: Carrier, error: unknown) => void;
}

/**
 * Makes an actor for a carrier: the object that `carrierOf(self)` gives the machine's effects. Inspectors never see it.
 */
export type ActorFactory<TMachine extends AnyStateMachine, Carrier> = (
  carrier: Carrier,
  input: InputFrom<TMachine>,
) => LifecycleActor<TMachine>;

/** For XState's actors. A table's actor knows its carrier itself. */
const carriers = new WeakMap<object, unknown>();

/**
 * Decides how actors of the chart run. The table's own actor does, inspected or not; XState's actor runs a chart that
 * is interpreted, and one whose actions use the actor's system.
 */
export function actorsOf<TMachine extends AnyStateMachine, Carrier>(
  logic: LifecycleLogic<TMachine>,
  options: LifecycleOptions<TMachine, Carrier>,
): ActorFactory<TMachine, Carrier> {
  const { mode, id, inspect, passages, changed, failed, clock } = options;
  const { chart } = logic;
  if (mode === "interpreted" || chart.table.needsXState) return xstateActors(logic[mode], options);
  const program: ActorProgram<Carrier> = {
    ...{ chart, snapshots: new SharedSnapshots(chart.snapshots, chart.table), logic: logic.compiled },
    ...{ id, clock, passages, changed, failed },
  };
  return (carrier, input) =>
    new ChartActor(program, carrier, { input, inspector: inspect(carrier) }) as unknown as LifecycleActor<TMachine>;
}

function xstateActors<TMachine extends AnyStateMachine, Carrier>(
  logic: CompiledMachine<TMachine>,
  { id, inspect, clock, changed, failed }: LifecycleOptions<TMachine, Carrier>,
): ActorFactory<TMachine, Carrier> {
  return (carrier, input) => {
    const options = { id: id(carrier), input, inspect: inspect(carrier), ...(clock && { clock }) };
    const actor = createActor(logic, options as ActorOptions<CompiledMachine<TMachine>>);
    carriers.set(actor, carrier);
    actor.subscribe({
      ...(changed && {
        next: ({ value }: AnyMachineSnapshot) => changed(carrier, value as SnapshotFrom<TMachine>["value"]),
      }),
      ...(failed && { error: (error) => failed(carrier, error) }),
    });
    return actor;
  };
}

/**
 * Begins to inspect an actor that may have started already.
 * @returns what ends it; null for XState's own actor, which is inspected from its beginning or not at all.
 */
export function watchActor(actor: object, inspector: Inspector): (() => void) | null {
  if (!(actor instanceof ChartActor)) return null;
  actor.watch(inspector);
  return () => actor.unwatch(inspector);
}

/** All actors share the machine's implementations; `self` says which carrier is meant. */
export function carrierOf(self: object): unknown {
  return self instanceof ChartActor ? self.carrier : carriers.get(self);
}
