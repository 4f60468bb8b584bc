/** Counts which transitions the actors of a chart take. */
import type { AnyTransitionDefinition, MachineContext } from "xstate";

export interface Passages {
  /** Whether anybody wants to know: otherwise `passed` is not called. */
  readonly counting: boolean;
  /** @param context after the transition. */
  passed(transitions: readonly AnyTransitionDefinition[], context: MachineContext): void;
}
