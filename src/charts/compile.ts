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
  EmittedFrom,
  EventFromLogic,
  InputFrom,
  Snapshot,
  SnapshotFrom,
} from "xstate";
import { AfterTimers } from "./after-timers.ts";
import { Interpreter } from "./interpreter.ts";
import { assertLifecycleSubset } from "./lifecycle-subset.ts";
import { buildTable } from "./table.ts";

export { CompileError, type RefusedFeature } from "./compile-error.ts";

/** What `compile` makes: under `createActor` it takes the machine's place, with the machine's types. */
export interface CompiledMachine<TMachine extends AnyStateMachine>
  extends ActorLogic<
    SnapshotFrom<TMachine>,
    EventFromLogic<TMachine>,
    InputFrom<TMachine>,
    AnyActorScope["system"],
    EmittedFrom<TMachine>
  > {
  readonly id: string;
  /** The chart's own. */
  readonly config: TMachine["config"];
  /** The machine that was compiled; the snapshots' `machine`, too. */
  readonly machine: TMachine;
}

/**
 * Compiles a machine once, for all its actors: `createActor(compile(machine), { input, clock, inspect })`.
 *
 * Provide first, compile then: actions, guards and delays are those that the machine has now. The lifecycle subset is
 * states nested at most one level deep, `on` (with wildcards), `after`, `always`, `onDone`, entry and exit actions, guards
 * of any kind, `assign`, `raise`, `cancel`, `emit`, `log` and `sendTo`.
 *
 * Snapshots share what their states decide (`value`, `tags`): treat them as read-only.
 *
 * @throws {CompileError} naming the feature and the state, when the chart is outside the subset. What only running can
 *   show (`spawn` within an assignment) puts the actor into the status `error` with the same error.
 */
export function compile<TMachine extends AnyStateMachine>(machine: TMachine): CompiledMachine<TMachine> {
  return logicOf(machine, interpreterOf(machine));
}

/** The table with the code that runs it. */
export function interpreterOf(machine: AnyStateMachine): Interpreter {
  assertLifecycleSubset(machine);
  const afterTimers = new AfterTimers();
  return new Interpreter(machine, { table: buildTable(machine, afterTimers), afterTimers });
}

/** The table as a logic for XState's actor. */
export function logicOf<TMachine extends AnyStateMachine>(
  machine: TMachine,
  interpreter: Interpreter,
): CompiledMachine<TMachine> {
  const logic = {
    id: machine.id,
    config: machine.config,
    machine,
    getInitialSnapshot: (scope: AnyActorScope, input: unknown) => interpreter.initialSnapshot(scope, input),
    transition: (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope) =>
      interpreter.transition(snapshot, event, scope),
    getPersistedSnapshot: (snapshot: AnyMachineSnapshot) => machine.getPersistedSnapshot(snapshot),
    restoreSnapshot: (persisted: Snapshot<unknown>, scope: AnyActorScope) => machine.restoreSnapshot(persisted, scope),
  };
  return logic as unknown as CompiledMachine<TMachine>;
}
