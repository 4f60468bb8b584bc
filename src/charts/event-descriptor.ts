/** Event descriptors: a type, `*`, or a type's beginning as in `tls.*`. */
import type { AnyStateNode } from "xstate";

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
