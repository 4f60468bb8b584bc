/**
 * Which inspector gets which actor. Connections and sessions are root actors, so XState does not know their parents: a
 * tree inspector gives one inspector for each place in the tree. A plain observer gets everything.
 */
import { type AnyActorRef, type InspectionEvent, type Observer, toObserver } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";

/** Octets of a connection on the wire so far, TLS records included. */
export interface OctetCounts {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** An inspector that knows the tree: server, its listeners and its reloads, connections, sessions. */
export interface TreeInspector extends Observer<InspectionEvent> {
  /** For the root actors that hang under this one. */
  under(parent: AnyActorRef): Inspector;
  /**
   * The inspector of one connection, before it has an actor; undefined inspects nothing, and then costs nothing.
   * @param facts live: behind a trusted proxy (`proxied`) they name the client once the header has been read.
   * @param octets live, too.
   */
  watch(facts: ConnectionFacts, proxied: boolean, octets?: OctetCounts): Inspector | undefined;
  /** @param offer offers all connections again, when it wants those that it declined because nobody was there to see. */
  onDemand?(offer: () => void): void;
  /** From here on it inspects the connections of other threads, too. */
  followThreads?(threads: InspectedThreads): void;
}

/** A thread whose connections are inspected from the main thread. */
export interface InspectedThread {
  /** What the ids of its connections begin with: no other thread has it, or will. */
  readonly idPrefix: string;
  /** The worker's number, from 1. */
  readonly worker: number;
}

/**
 * Wants connections of other threads. What its two sides say to each other is their own affair: the runtime carries it.
 */
export interface ThreadsInspector {
  /** The id of the only connection that it wants; null for any. */
  readonly connection: string | null;
  /** @returns the order with which the side in that thread begins. */
  begin(thread: InspectedThread): object;
  take(batch: object, thread: InspectedThread): void;
  /** Nothing more comes from this thread. */
  end(thread: InspectedThread): void;
}

export interface InspectedThreads {
  /**
   * In the threads that there are, and in those that begin later.
   * @returns what ends it; null where no thread can have the connection.
   */
  inspect(inspector: ThreadsInspector): (() => void) | null;
}

/** @returns whether the inspector can. */
export function followThreads(inspect: Inspector | undefined, threads: InspectedThreads): boolean {
  if (!isTreeInspector(inspect) || !inspect.followThreads) return false;
  inspect.followThreads(threads);
  return true;
}

export function onDemand(inspect: Inspector | undefined, offer: () => void): void {
  if (isTreeInspector(inspect)) inspect.onDemand?.(offer);
}

/** The inspector of the root actors below an actor. */
export function inspectorUnder(inspect: Inspector | undefined, parent: AnyActorRef): Inspector | undefined {
  return isTreeInspector(inspect) ? inspect.under(parent) : inspect;
}

/** The inspector of a connection. */
export function inspectorOf(
  inspect: Inspector | undefined,
  connection: OctetCounts & { readonly facts: ConnectionFacts; readonly proxied: boolean },
): Inspector | undefined {
  const { facts, proxied } = connection;
  return isTreeInspector(inspect) ? inspect.watch(facts, proxied, connection) : inspect;
}

/** One inspector for all that there are; undefined for none. */
export function joined(inspectors: readonly (Inspector | undefined)[]): Inspector | undefined {
  const observers = inspectors.filter((one) => one !== undefined);
  if (observers.length <= 1) return observers[0];
  const all = observers.map((one) => toObserver(one));
  return (event) => {
    for (const observer of all) observer.next?.(event);
  };
}

/**
 * An observer is called in mid-transition, so what it throws must not reach the machines. A tree inspector sees to that
 * itself.
 */
export function guardedInspector(
  inspect: Inspector | undefined,
  failed: (inspect: object, error: unknown) => void,
): Inspector | undefined {
  if (!inspect || isTreeInspector(inspect)) return inspect;
  const next = typeof inspect === "function" ? inspect : (event: InspectionEvent) => inspect.next?.(event);
  return (event) => {
    try {
      const done: unknown = next(event);
      if (done instanceof Promise) done.catch((error: unknown) => failed(inspect, error));
    } catch (error) {
      failed(inspect, error);
    }
  };
}

function isTreeInspector(inspect: Inspector | undefined): inspect is TreeInspector {
  return typeof inspect === "object" && "under" in inspect;
}
