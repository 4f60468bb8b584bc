import type { AnyMachineSnapshot } from "xstate";

/** Where a path has led, according to the chart alone. */
export interface Situation {
  readonly snapshot: AnyMachineSnapshot;
  /** What earlier stimuli have left behind that the chart does not know, by name. */
  readonly facts: ReadonlySet<string>;
}
