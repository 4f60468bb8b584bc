/** The one switch between a chart's compiled table and XState's own interpreter. */
import type { AnyStateMachine } from "xstate";
import { type CompiledMachine, compile } from "./compile.ts";

/** `interpreted` is for debugging: XState runs the chart itself, to the same effect and at a higher price. */
export type LifecycleMode = "compiled" | "interpreted";

/** Both ways to run a machine, made once for all its actors; the types are the same. */
export function lifecycleLogic<TMachine extends AnyStateMachine>(
  machine: TMachine,
): Readonly<Record<LifecycleMode, CompiledMachine<TMachine>>> {
  // A machine is an actor logic with an id and a config, too.
  return { compiled: compile(machine), interpreted: machine as unknown as CompiledMachine<TMachine> };
}
