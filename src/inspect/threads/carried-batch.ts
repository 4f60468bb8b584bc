/** What the two sides of an inspection say to each other, when connections are in another thread than their observers. */
import type { ChartDefinition } from "../definition.ts";
import type { PresentedActor, PresentedSnapshot } from "../presented.ts";
import type { ShownEvent } from "../sanitizer.ts";
import type { ThreadSelection } from "../selection.ts";

/** What the side in the thread begins with. */
export interface InspectionOrder {
  readonly selection: ThreadSelection;
  /** The id of the only connection that is wanted; null for any. */
  readonly connection: string | null;
  /** Whether those count that are open already. */
  readonly open: boolean;
}

interface Carried {
  /** The session of its actor, which no other actor of this thread has. */
  readonly session: string;
  readonly at: number;
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
  /** How many events of this connection were dropped before this one. */
  readonly dropped?: number;
}

export interface CarriedActor extends Carried, Pick<PresentedActor, "chart" | "own" | "late" | "connection"> {
  readonly type: "actor";
  readonly name: string;
  readonly parent: string | null;
  /** The number of its chart's definition in this thread. */
  readonly definition: number;
  readonly snapshot: PresentedSnapshot;
}

export type CarriedEvent =
  | CarriedActor
  | (Carried & { readonly type: "event"; readonly source: string | null; readonly event: ShownEvent })
  | (Carried & { readonly type: "snapshot"; readonly event: ShownEvent; readonly snapshot: PresentedSnapshot });

export interface CarriedBatch {
  /** Those that its events are the first to need, by number. */
  readonly definitions: ReadonlyMap<number, ChartDefinition>;
  readonly events: readonly CarriedEvent[];
  /** There is no connection of the id that was asked for. */
  readonly gone?: true;
}
