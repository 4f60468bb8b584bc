/** What observers of the tree are given: XState's inspection events, with stand-ins for the actors. */
import type { Observer, Snapshot, StateValue } from "xstate";
import type { ChartDefinition } from "./definition.ts";
import type { ShownEvent } from "./sanitizer.ts";

/** A snapshot as it is shown, in XState's terms. */
export type PresentedSnapshot = Snapshot<unknown> & { readonly value?: StateValue; readonly context?: unknown };

/** Stands for an actor: what may be known of it, and its parent. Nothing can be sent to it. */
export interface PresentedActor {
  readonly sessionId: string;
  /** Its name: `server`, `listener:smtp`, `connection:ID`, `smtp:ID`. */
  readonly id: string;
  /** The session id that XState gives it, by which inspectors identify it. */
  readonly _parent: PresentedActor | undefined;
  readonly logic: { readonly config: ChartDefinition };
  /** The id of its chart; null when it runs none. */
  readonly chart: string | null;
  /** Whether the chart is one of Gatehouse's. */
  readonly own: boolean;
  /** Whether it had been running before it was inspected. */
  readonly late: boolean;
  /** Facts of the connection that it is, or belongs to. */
  readonly connection: { readonly id: string; readonly listener: string } | null;
  /** The number of the worker that has it, from 1; null in the main thread. */
  readonly worker: number | null;
  /** Its snapshot when it started. */
  getSnapshot(): PresentedSnapshot;
  /** Does nothing. */
  send(): void;
}

interface Presented {
  /** The session id of the whole tree's root. */
  readonly rootId: string;
  readonly actorRef: PresentedActor;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  /** Octets of its connection on the wire so far, TLS records included; undefined for what belongs to none. */
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
  /** How many events of this connection were dropped before this one. */
  readonly dropped?: number;
}

export type PresentedEvent =
  | (Presented & { readonly type: "@xstate.actor" })
  | (Presented & {
      readonly type: "@xstate.event";
      readonly sourceRef: PresentedActor | undefined;
      readonly event: ShownEvent;
    })
  | (Presented & {
      readonly type: "@xstate.snapshot";
      readonly event: ShownEvent;
      readonly snapshot: PresentedSnapshot;
    });

/** Whether somebody is there to see connections: while nobody is, nothing is made of them. */
export interface Demand {
  readonly exists: boolean;
  /** @param begin called when somebody has come, and nobody was there */
  onBegin(begin: () => void): void;
  /**
   * @param end called when nobody is there any more. Without it, threads of workers go on with what they inspect until the
   * server ends.
   */
  onEnd?(end: () => void): void;
}

/** Gets the events of the tree. Any observer of XState's inspection events is one; without a demand it wants all. */
export type TreeObserver = (Observer<PresentedEvent> | ((event: PresentedEvent) => void)) & {
  readonly demand?: Demand;
};

/** The root of an actor's tree. */
export function rootOf(actor: PresentedActor): PresentedActor {
  return actor._parent ? rootOf(actor._parent) : actor;
}
