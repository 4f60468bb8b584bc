/**
 * What a chart's text leaves open: which of a state's transitions an event selects, and which states a transition exits
 * and enters (SCXML 3.13: computeExitSet, computeEntrySet), for charts without parallel and history states, as in
 * XState.
 */
import type { AnyStateNode, AnyTransitionDefinition } from "xstate";

const ANY = "*";
const ANY_FURTHER = ".*";

/** `tls.*` matches `tls`, `tls.failed` and `tls.alert.sent`; a `*` anywhere but at the end matches nothing. */
export function matchesDescriptor(type: string, descriptor: string): boolean {
  if (descriptor === ANY || descriptor === type) return true;
  if (!descriptor.endsWith(ANY_FURTHER)) return false;
  const beginning = descriptor.slice(0, -ANY_FURTHER.length);
  if (beginning.split(".").includes(ANY)) return false;
  return type === beginning || type.startsWith(`${beginning}.`);
}

/** The state's descriptors that match an event type, in the order in which XState tries them. */
export function descriptorsOf(node: AnyStateNode, type: string): string[] {
  const wildcards = [...node.transitions.keys()].filter((key) => key !== type && matchesDescriptor(type, key));
  wildcards.sort(longerFirst);
  return node.transitions.has(type) ? [type, ...wildcards] : wildcards;
}

/** The state's descriptors that match event types which the chart does not name. */
export function wildcardsOf(node: AnyStateNode): string[] {
  return [...node.transitions.keys()].filter((key) => key === ANY || key.endsWith(ANY_FURTHER)).sort(longerFirst);
}

function longerFirst(a: string, b: string): number {
  return b.length - a.length;
}

export interface StateChange {
  /** Innermost first. */
  readonly exited: readonly AnyStateNode[];
  /** Outermost first. */
  readonly entered: readonly AnyStateNode[];
  /** Of the states entered, those whose `initial` transition runs its actions. */
  readonly initialized: ReadonlySet<AnyStateNode>;
}

/** @param active The active states, outermost first. */
export function stateChange(transition: AnyTransitionDefinition, active: readonly AnyStateNode[]): StateChange {
  const target: AnyStateNode | undefined = transition.target?.[0];
  if (!target) return { exited: [], entered: [], initialized: new Set() };
  const domain = transitionDomain(transition, target);
  const exited = active.filter((node) => isWithin(node, domain)).reverse();
  const initialized = new Set(initialStates(target));
  const entered = new Set<AnyStateNode>([...ancestorsUpTo(target, domain), ...initialized]);
  if (transition.source !== target || transition.reenter) {
    entered.add(target);
    initialized.add(target);
  }
  return { exited, entered: [...entered].sort((a, b) => a.order - b.order), initialized };
}

/** Entering the chart: everything from the root to the initial leaf. */
export function initialChange(root: AnyStateNode): StateChange {
  const entered = [root, ...initialStates(root)];
  return { exited: [], entered, initialized: new Set(entered) };
}

/** The innermost state that the transition does not exit; undefined when it exits even the root. */
function transitionDomain(transition: AnyTransitionDefinition, target: AnyStateNode): AnyStateNode | undefined {
  const source: AnyStateNode = transition.source;
  if (!transition.reenter && (target === source || isWithin(target, source))) return source;
  const common = ancestorsUpTo(target, undefined).find((ancestor) => isWithin(source, ancestor));
  return common ?? (transition.reenter ? undefined : source.machine.root);
}

/** Whether the state is a proper descendant; every state is a descendant of `undefined`. */
function isWithin(node: AnyStateNode, ancestor: AnyStateNode | undefined): boolean {
  return ancestor === undefined || ancestorsUpTo(node, undefined).includes(ancestor);
}

/** Proper ancestors, innermost first, up to but not including `limit`. */
function ancestorsUpTo(node: AnyStateNode, limit: AnyStateNode | undefined): AnyStateNode[] {
  const ancestors: AnyStateNode[] = [];
  if (node === limit) return ancestors;
  for (let parent = node.parent; parent && parent !== limit; parent = parent.parent) ancestors.push(parent);
  return ancestors;
}

function initialStates(node: AnyStateNode): AnyStateNode[] {
  const child: AnyStateNode | undefined = node.type === "compound" ? node.initial.target[0] : undefined;
  return child ? [child, ...initialStates(child)] : [];
}
