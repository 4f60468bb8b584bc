/**
 * Which inspector gets which actor. Connections and sessions are root actors, so XState does not know their parents: a
 * tree inspector gives one inspector for each place in the tree. A plain observer gets everything.
 */
import type { AnyActorRef, InspectionEvent, Observer } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";

/** An inspector that knows the tree: server, its listeners and its reloads, connections, sessions. */
export interface TreeInspector extends Observer<InspectionEvent> {
  /** For the root actors that hang under this one. */
  under(parent: AnyActorRef): Inspector;
  /**
   * The inspector of one connection, before it has an actor; undefined inspects nothing, and then costs nothing.
   * @param facts live: behind a trusted proxy (`proxied`) they name the client once the header has been read.
   */
  watch(facts: ConnectionFacts, proxied: boolean): Inspector | undefined;
}

/** The inspector of the root actors below an actor. */
export function inspectorUnder(inspect: Inspector | undefined, parent: AnyActorRef): Inspector | undefined {
  return isTreeInspector(inspect) ? inspect.under(parent) : inspect;
}

/** The inspector of a connection. */
export function inspectorOf(
  inspect: Inspector | undefined,
  { facts, proxied }: { readonly facts: ConnectionFacts; readonly proxied: boolean },
): Inspector | undefined {
  return isTreeInspector(inspect) ? inspect.watch(facts, proxied) : inspect;
}

function isTreeInspector(inspect: Inspector | undefined): inspect is TreeInspector {
  return typeof inspect === "object" && "under" in inspect;
}
