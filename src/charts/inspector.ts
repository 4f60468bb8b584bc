import type { InspectionEvent, Observer } from "xstate";

/** Who watches machines: an observer of XState's inspection events. It runs in mid-transition and must not throw. */
export type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);
