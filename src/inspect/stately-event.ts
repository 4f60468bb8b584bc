/** The events of the tree as Stately's inspector reads them: what `createInspector` makes of them, without its detours. */
import {
  createInspector,
  type StatelyActorEvent,
  type StatelyEventEvent,
  type StatelySnapshotEvent,
} from "@statelyai/inspect";
import { numberedDefinition } from "./chart-definitions.ts";
import type { PresentedActor, PresentedEvent } from "./presented.ts";

/** The package's types say string, its code writes null. */
type Written<Event> = Omit<Event, "id"> & { readonly id: null };

/** The definition is JSON, or the number of a chart's, which the page puts in its place. */
type NumberedActorEvent = Omit<Written<StatelyActorEvent>, "definition"> & { readonly definition: string | number };

export type StatelyEvent = NumberedActorEvent | Written<StatelyEventEvent> | Written<StatelySnapshotEvent>;

const formatVersion = versionOfFormat();

/** All in it is plain and bounded already: the sanitizer saw to it. */
export function statelyEvent(event: PresentedEvent): StatelyEvent {
  const { type, rootId, actorRef } = event;
  const { sessionId } = actorRef;
  const base = { rootId, sessionId, createdAt: String(event.at), id: null, _version: formatVersion };
  if (type === "@xstate.event") return { ...base, type, event: event.event, sourceId: event.sourceRef?.sessionId };
  if (type === "@xstate.snapshot") return { ...base, type, event: event.event, snapshot: event.snapshot };
  const { id: name, _parent } = actorRef;
  const definition = definitionIn(actorRef);
  return { ...base, type, name, parentId: _parent?.sessionId, definition, snapshot: actorRef.getSnapshot() };
}

function definitionIn({ chart, logic: { config } }: PresentedActor): string | number {
  return chart === null ? JSON.stringify(config) : numberedDefinition(config).number;
}

/** As the package that defines the format writes it; it tells it in its events alone. */
function versionOfFormat(): string {
  let version = "";
  const send = ({ _version }: { readonly _version: string }): void => {
    version = _version;
  };
  createInspector({ send }).event("", "");
  return version;
}
