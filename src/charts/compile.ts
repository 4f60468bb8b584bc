/**
 * Charts at the price of tables. A machine of the lifecycle subset becomes an actor logic that XState's own
 * `createActor` runs: same snapshots, same actions in the same order, same inspection events, at a fraction of the cost.
 */
import type {
  ActorLogic,
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  EmittedFrom,
  EventFromLogic,
  EventObject,
  InputFrom,
  Snapshot,
  SnapshotFrom,
} from "xstate";
import type { Builtin, CancelTimer, Effect, Macrostep, StartTimer } from "./effects.ts";
import type { Position } from "./snapshot.ts";
import { Chart, INIT, MacrostepUnderWay, type StepHost } from "./step.ts";
import { assertLifecycleSubset } from "./subset.ts";
import { buildTable } from "./table.ts";

export { CompileError, type RefusedFeature } from "./subset.ts";

/** The result of `compile`: it takes the machine's place under `createActor`, with the machine's types. */
export interface CompiledMachine<TMachine extends AnyStateMachine>
  extends ActorLogic<
    SnapshotFrom<TMachine>,
    EventFromLogic<TMachine>,
    InputFrom<TMachine>,
    AnyActorScope["system"],
    EmittedFrom<TMachine>
  > {
  readonly id: string;
  /** The chart's own configuration. */
  readonly config: TMachine["config"];
  /** The machine that was compiled, which is also the snapshots' `machine`. */
  readonly machine: TMachine;
}

/**
 * Compiles a machine once, for all its actors: `createActor(compile(machine), { input, clock, inspect })`.
 *
 * Call `provide` first, then `compile`: actions, guards and delays are those of the machine at that time. The lifecycle
 * subset is states nested at most one level deep, `on` (with wildcards), `after`, `always`, `onDone`, entry and exit
 * actions, guards of any kind, `assign`, `raise`, `cancel`, `emit`, `log` and `sendTo`.
 *
 * Snapshots share what depends on their states alone (`value`, `tags`): treat them as read-only.
 *
 * @throws {CompileError} naming the feature and the state, when the chart is outside the subset. What shows only at
 * run time (`spawn` within an assignment) puts the actor into the status `error` with the same error.
 */
export function compile<TMachine extends AnyStateMachine>(machine: TMachine): CompiledMachine<TMachine> {
  return logicOf(machine, chartOf(machine));
}

/** The machine as a table. @throws {CompileError} */
export function chartOf(machine: AnyStateMachine): Chart {
  assertLifecycleSubset(machine);
  return new Chart(machine, buildTable(machine));
}

/** The table as a logic for XState's actor. */
export function logicOf<TMachine extends AnyStateMachine>(machine: TMachine, chart: Chart): CompiledMachine<TMachine> {
  const logic: CompiledMachine<AnyStateMachine> = {
    id: machine.id,
    config: machine.config,
    machine,
    getInitialSnapshot: (scope, input) => {
      const event = { type: INIT, input };
      const macrostep = MacrostepUnderWay.first(new XStateHost(chart, scope), event);
      chart.begin(macrostep, input);
      return snapshotAtTheEnd(macrostep);
    },
    transition: (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope) => {
      const macrostep = MacrostepUnderWay.from(new XStateHost(chart, scope), event, snapshot);
      chart.run(macrostep);
      return snapshotAtTheEnd(macrostep);
    },
    getPersistedSnapshot: (snapshot: AnyMachineSnapshot) => machine.getPersistedSnapshot(snapshot),
    restoreSnapshot: (persisted: Snapshot<unknown>, scope: AnyActorScope) => machine.restoreSnapshot(persisted, scope),
  };
  return logic as CompiledMachine<TMachine>;
}

function snapshotAtTheEnd(macrostep: MacrostepUnderWay): AnyMachineSnapshot {
  const snapshot = macrostep.asSnapshot();
  macrostep.end();
  return snapshot;
}

/** XState's actor, seen through its scope. */
class XStateHost implements StepHost {
  readonly chart: Chart;
  readonly #scope: AnyActorScope;

  constructor(chart: Chart, scope: AnyActorScope) {
    this.chart = chart;
    this.#scope = scope;
  }

  get self(): object {
    return this.#scope.self;
  }

  get system(): object {
    return this.#scope.system;
  }

  /** The system knows who is inspecting. */
  get observer(): this {
    return this;
  }

  /** Whoever counts hears of it by inspection. */
  get passages(): null {
    return null;
  }

  microstep(event: EventObject, snapshot: AnyMachineSnapshot, transitions: AnyTransitionDefinition[]): void {
    const { self, system } = this.#scope;
    // Not in XState's public types.
    const emit: (event: object) => void = Reflect.get(system, "_sendInspectionEvent");
    emit({ type: "@xstate.microstep", actorRef: self, event, snapshot, _transitions: transitions });
  }

  snapshotOf(position: Position): AnyMachineSnapshot {
    return this.chart.snapshots.of(position);
  }

  carryOut(macrostep: Macrostep, { type, exec }: Effect, params: unknown): void {
    const { self, system, actionExecutor } = this.#scope;
    const { context, event } = macrostep;
    actionExecutor({ type, info: { context, event, self, system }, params, exec });
  }

  carryOutBuiltin(macrostep: Macrostep, builtin: Builtin, params: unknown): void {
    const scope = this.#scope;
    const resolved = builtin.resolve(scope, macrostep, params);
    this.carryOut(macrostep, { type: builtin.type, exec: () => builtin.execute(scope, resolved) }, resolved);
  }

  startTimer(macrostep: Macrostep, start: StartTimer): void {
    this.carryOutBuiltin(macrostep, start, undefined);
  }

  cancelTimer(macrostep: Macrostep, cancel: CancelTimer): void {
    this.carryOutBuiltin(macrostep, cancel, undefined);
  }
}
