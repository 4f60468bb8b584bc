/**
 * The lifecycle subset: states nested at most one level deep, one active leaf at a time, no actor but the machine's own.
 */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import { CompileError, type RefusedFeature } from "./compile-error.ts";

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
