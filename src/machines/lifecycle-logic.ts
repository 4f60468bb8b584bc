/** The one switch between a chart's compiled table and XState's own interpreter. */
import {
  type ActorOptions,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type InputFrom,
  type SnapshotFrom,
} from "xstate";
import { type ActorClock, TableActor, type TableActorOptions } from "./compile/table-actor.ts";
import { type CompiledMachine, interpreterOf, logicOf } from "./compile.ts";

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

export interface LifecycleActorOptions<TMachine extends AnyStateMachine, Carrier> {
  readonly mode: LifecycleMode;
  readonly id: string;
  readonly input: InputFrom<TMachine>;
  /** Needed by a chart with `after`. */
  readonly clock?: ActorClock;
  readonly inspect: ActorOptions<CompiledMachine<TMachine>>["inspect"];
  /** For whom the chart is carried out: what `carrierOf(self)` gives the machine's effects. Nobody who inspects sees it. */
  readonly carrier: Carrier;
  /** Told of the snapshot at the start and after each event. */
  readonly changed?: (carrier: Carrier, snapshot: SnapshotFrom<TMachine>) => void;
  /** Told of what an effect or a guard threw, which has ended the actor. Left out, the error ends the process. */
  readonly failed?: (carrier: Carrier, error: unknown) => void;
}

/** Of XState's actors. A table's actor knows its carrier itself. */
const carriers = new WeakMap<object, unknown>();

/**
 * An actor of the chart. One that is inspected, or interpreted, is XState's. One that nobody watches runs the same table
 * without what XState's actor has for those who watch: a system, a mailbox, observers, an object for each thing to tell.
 */
export function createLifecycleActor<TMachine extends AnyStateMachine, Carrier>(
  logic: LifecycleLogic<TMachine>,
  options: LifecycleActorOptions<TMachine, Carrier>,
): LifecycleActor<TMachine> {
  const { mode, inspect, changed, failed, carrier } = options;
  if (mode === "compiled" && inspect === undefined && !logic.table.needsSystem) {
    return new TableActor(logic.table, options as TableActorOptions<Carrier>) as unknown as LifecycleActor<TMachine>;
  }
  const { id, input, clock } = options;
  const actor = createActor(logic[mode], { id, input, ...(clock && { clock }), inspect } as ActorOptions<
    CompiledMachine<TMachine>
  >);
  carriers.set(actor, carrier);
  actor.subscribe({
    ...(changed && { next: (snapshot) => changed(carrier, snapshot as SnapshotFrom<TMachine>) }),
    ...(failed && { error: (error) => failed(carrier, error) }),
  });
  return actor as unknown as LifecycleActor<TMachine>;
}

/** Machine implementations are shared by all actors; `self` tells which carrier is meant. */
export function carrierOf(self: object): unknown {
  return self instanceof TableActor ? self.carrier : carriers.get(self);
}
