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
import { CommonSnapshots } from "./common-snapshots.ts";
import { type CompiledMachine, interpreterOf, logicOf } from "./compile.ts";
import type { Inspector } from "./inspector.ts";
import { type ActorClock, TableActor, type TableProgram } from "./table-actor.ts";

export type { ActorClock } from "./table-actor.ts";

/** `interpreted` is for debugging: XState runs the chart itself, to the same effect and at a higher price. */
export type LifecycleMode = "compiled" | "interpreted";

/** The ways to run a machine, made once for all its actors; the types are the same. */
export interface LifecycleLogic<TMachine extends AnyStateMachine>
  extends Readonly<Record<LifecycleMode, CompiledMachine<TMachine>>> {
  readonly table: ReturnType<typeof interpreterOf>;
}

export function lifecycleLogic<TMachine extends AnyStateMachine>(machine: TMachine): LifecycleLogic<TMachine> {
  const table = interpreterOf(machine);
  // A machine is an actor logic with an id and a config, too.
  return { table, compiled: logicOf(machine, table), interpreted: machine as unknown as CompiledMachine<TMachine> };
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
  /** The id of the actor that carries the chart out for this carrier. */
  readonly id: (carrier: Carrier) => string;
  /** Needed by a chart with `after`. */
  readonly clock?: ActorClock;
  /** Who watches this carrier's actor; undefined when nobody does. */
  readonly inspect: (carrier: Carrier) => Inspector | undefined;
  /** Told of the state at the start and after each event. */
  readonly changed?: (carrier: Carrier, value: SnapshotFrom<TMachine>["value"]) => void;
  /** Told of what an effect or a guard threw, which has ended the actor. Left out, the error ends the process. */
  readonly failed?: (carrier: Carrier, error: unknown) => void;
}

/** Makes an actor for a carrier: what `carrierOf(self)` gives the machine's effects. Nobody who inspects sees it. */
export type ActorFactory<TMachine extends AnyStateMachine, Carrier> = (
  carrier: Carrier,
  input: InputFrom<TMachine>,
) => LifecycleActor<TMachine>;

/** Of XState's actors. A table's actor knows its carrier itself. */
const carriers = new WeakMap<object, unknown>();

/**
 * Decides how actors of the chart are run. Those that are inspected, or interpreted, are XState's. Those that nobody
 * watches run the same table without what XState's actor has for those who watch: a system, a mailbox, observers, an
 * object for each thing to tell.
 */
export function actorsOf<TMachine extends AnyStateMachine, Carrier>(
  logic: LifecycleLogic<TMachine>,
  options: LifecycleOptions<TMachine, Carrier>,
): ActorFactory<TMachine, Carrier> {
  const { mode, changed, failed, clock } = options;
  const program: TableProgram<Carrier> = {
    interpreter: logic.table,
    snapshots: new CommonSnapshots(logic.table),
    id: options.id,
    clock,
    changed: changed as TableProgram<Carrier>["changed"],
    failed,
  };
  const runsTable = mode === "compiled" && !logic.table.needsSystem;
  return (carrier, input) => {
    const inspect = options.inspect(carrier);
    if (runsTable && inspect === undefined) {
      return new TableActor(program, carrier, input) as unknown as LifecycleActor<TMachine>;
    }
    const actorOptions = { id: options.id(carrier), input, inspect, ...(clock && { clock }) };
    const actor = createActor(logic[mode], actorOptions as ActorOptions<CompiledMachine<TMachine>>);
    carriers.set(actor, carrier);
    actor.subscribe({
      ...(changed && {
        next: ({ value }: AnyMachineSnapshot) => changed(carrier, value as SnapshotFrom<TMachine>["value"]),
      }),
      ...(failed && { error: (error) => failed(carrier, error) }),
    });
    return actor as unknown as LifecycleActor<TMachine>;
  };
}

/** Machine implementations are shared by all actors; `self` tells which carrier is meant. */
export function carrierOf(self: object): unknown {
  return self instanceof TableActor ? self.carrier : carriers.get(self);
}
