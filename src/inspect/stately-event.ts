/** The events of the tree as Stately's inspector reads them: what `createInspector` makes of them, without its detours. */
import {
  createInspector,
  type StatelyActorEvent,
  type StatelyEventEvent,
  type StatelySnapshotEvent,
} from "@statelyai/inspect";
import type { ChartDefinition } from "./definition.ts";
import type { PresentedEvent, PresentedSnapshot } from "./presented.ts";

export type ActorEvent = Extract<PresentedEvent, { type: "@xstate.actor" }>;
export type SnapshotEvent = Extract<PresentedEvent, { type: "@xstate.snapshot" }>;

/** The package's types say string, its code writes null. */
type Written<Event> = Omit<Event, "id"> & { readonly id: null };

export type StatelyEvent = Written<StatelyActorEvent> | Written<StatelyEventEvent> | Written<StatelySnapshotEvent>;

const formatVersion = versionOfFormat();

/** A chart has one definition for all its actors. */
const definitions = new WeakMap<ChartDefinition, string>();

/** All in it is plain and bounded already: the sanitizer saw to it. */
export function statelyEvent(event: PresentedEvent): StatelyEvent {
  if (event.type === "@xstate.actor") return statelyActor(event, event.actorRef.getSnapshot());
  const { type } = event;
  if (type === "@xstate.snapshot") return { type, event: event.event, snapshot: event.snapshot, ...baseOf(event) };
  return { type, event: event.event, sourceId: event.sourceRef?.sessionId, ...baseOf(event) };
}

/** An actor as if it had just come, with this snapshot. */
export function statelyActor(event: ActorEvent, snapshot: PresentedSnapshot): StatelyEvent {
  const { id: name, logic, _parent } = event.actorRef;
  const definition = definitionText(logic.config);
  return { type: event.type, name, parentId: _parent?.sessionId, definition, snapshot, ...baseOf(event) };
}

function baseOf({ rootId, actorRef: { sessionId }, at }: PresentedEvent) {
  return { rootId, sessionId, createdAt: String(at), id: null, _version: formatVersion };
}

function definitionText(definition: ChartDefinition): string {
  const known = definitions.get(definition);
  if (known !== undefined) return known;
  const text = JSON.stringify(definition);
  definitions.set(definition, text);
  return text;
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
