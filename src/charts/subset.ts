/**
 * The lifecycle subset: states nested at most one level deep, one active leaf at a time, no actor but the machine's own.
 */
import type { AnyStateMachine, AnyStateNode } from "xstate";

/** What charts may do under XState but not once compiled. */
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

const DEEPEST = 2;

/** @throws {CompileError} for the first state, in document order, that is outside the subset. */
export function assertLifecycleSubset(machine: AnyStateMachine): void {
  for (const node of statesOf(machine.root)) {
    const feature = refusedFeature(node);
    if (feature) throw new CompileError(machine.id, { feature, path: pathOf(node) });
  }
}

/** The state and all below it, in document order. */
export function statesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(statesOf)];
}

export function pathOf(node: AnyStateNode): string {
  return node.path.join(".");
}

function refusedFeature(node: AnyStateNode): RefusedFeature | undefined {
  if (node.type === "parallel") return "parallel state";
  if (node.type === "history") return "history state";
  if (node.path.length > DEEPEST) return "state nested deeper than one level";
  if (node.invoke.length > 0) return "invoke";
  const transitions = [...node.transitions.values(), node.always ?? []].flat();
  if (transitions.some(({ target }) => target !== undefined && target.length > 1)) {
    return "transition with several targets";
  }
  return undefined;
}
