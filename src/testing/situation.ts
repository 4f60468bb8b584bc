import type { AnyMachineSnapshot } from "xstate";

/** Where a path has come to, by the chart alone. */
export interface Situation {
  readonly snapshot: AnyMachineSnapshot;
  /** What the stimuli so far have left behind that the chart does not know, by name. */
  readonly facts: ReadonlySet<string>;
}
