/** What charts may do under XState and may not do when they are compiled. */
export type RefusedFeature =
  | "invoke"
  | "parallel state"
  | "history state"
  | "state nested deeper than one level"
  | "transition with several targets"
  | "spawn"
  | "spawnChild"
  | "stopChild"
  | "enqueueActions"
  | "unknown built-in action";

/** A chart is outside the lifecycle subset: it cannot become a table. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly code = "outside-lifecycle-subset";
  /** What the chart uses. */
  readonly feature: RefusedFeature;
  /** The state that uses it, as keys from the root joined by dots; empty for the root itself. */
  readonly path: string;

  constructor(machine: string, refused: { readonly feature: RefusedFeature; readonly path: string }) {
    const { feature, path } = refused;
    const place = path === "" ? "its root" : `the state "${path}"`;
    super(
      `The machine "${machine}" cannot be compiled: ${place} has ${feature}, which is outside the lifecycle subset. ` +
        "Take it out of the chart, or give the machine itself to createActor().",
    );
    this.feature = feature;
    this.path = path;
  }
}
