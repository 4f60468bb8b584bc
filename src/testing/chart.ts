/** The names of a chart's parts: its states, and the pairs of a state and an event that it has a transition for. */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import { transitionsOf, triggerText } from "../charts/text.ts";

/** A state and something that happens there, as reports name them: `handshaking`, `tls.secured [drainRequested]`. */
export interface Pair {
  /** The innermost state, preceded by those around it: `paused.held`. */
  readonly state: string;
  /**
   * With the guard that chose the transition. XState's own events in words: `after tlsTimeout`, `done bindSockets`,
   * `always`.
   */
  readonly event: string;
}

export function pairText({ state, event }: Pair): string {
  return `${state}: ${event}`;
}

/** The innermost of the states that an actor is in. */
export function stateText(nodes: readonly AnyStateNode[]): string {
  const leaves = nodes.filter((node) => Object.keys(node.states).length === 0);
  return leaves.map(({ path }) => path.join(".")).join(" & ");
}

/** A pair, and the state that declares the transition: the pair's own, or one around it; empty for the whole chart. */
export interface DeclaredPair extends Pair {
  readonly declaredIn: string;
}

/**
 * Every pair that the chart has a transition for, including inherited ones. A transition that is never taken, because
 * one without a guard precedes it, makes no pair.
 */
export function pairsOf(machine: AnyStateMachine): Pair[] {
  return declaredPairsOf(machine).map(({ state, event }) => ({ state, event }));
}

export function declaredPairsOf(machine: AnyStateMachine): DeclaredPair[] {
  return leavesOf(machine.root).flatMap((leaf) => {
    if (leaf.type === "final" && leaf.parent === machine.root) return [];
    const taken = new Set<string>();
    const pairs = new Map<string, DeclaredPair>();
    for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) {
      for (const transition of transitionsOf(node)) {
        if (taken.has(transition.eventType)) continue;
        const event = triggerText(transition);
        pairs.set(event, { state: leaf.path.join("."), event, declaredIn: node.path.join(".") });
        if (transition.guard === undefined) taken.add(transition.eventType);
      }
    }
    return [...pairs.values()];
  });
}

/** The states of a chart that have a time-out, each with its name or milliseconds. */
export function timeoutsOf(machine: AnyStateMachine): { node: AnyStateNode; delay: string | number; event: string }[] {
  return nodesOf(machine.root).flatMap((node) =>
    node.after.flatMap(({ delay, eventType }) =>
      typeof delay === "string" || typeof delay === "number" ? [{ node, delay, event: eventType }] : [],
    ),
  );
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

function leavesOf(root: AnyStateNode): AnyStateNode[] {
  return nodesOf(root).filter((node) => Object.keys(node.states).length === 0);
}
