import type { Observable } from "rxjs";
import type { SlotCounter } from "./slots.ts";

/** Where a node stands in its fleet, as far as admission depends on it. */
export interface FleetStanding {
  /** It has lost its fleet, and lets nobody in meanwhile. */
  readonly refuses: boolean;
  /** Clients that wait for slots of the fleet may be judged again. */
  readonly answered$: Observable<void>;
  /** These slots are not used any more. */
  closed(slots: SlotCounter): void;
}
