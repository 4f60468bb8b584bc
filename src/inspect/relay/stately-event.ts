/** The events of the tree in the format of Stately's inspector: what `createInspector` makes of them, at less cost. */

import type { PresentedActor, PresentedEvent } from "../presented.ts";
import { numberedDefinition } from "./chart-definitions.ts";

/**
 * The version of the format, as the package `@statelyai/inspect` writes it. A test compares it with the installed one.
 */
const formatVersion = "0.7.2";

interface Written {
  readonly rootId: string | undefined;
  readonly sessionId: string;
  readonly createdAt: string;
  /** The package's types say string, its code writes null. */
  readonly id: null;
  readonly _version: string;
}

interface WrittenActor extends Written {
  readonly type: "@xstate.actor";
  readonly name: string;
  readonly parentId: string | undefined;
  /** JSON, or the number of a chart's definition, which the page inserts. */
  readonly definition: string | number;
  /** Ours: the number of the worker that has it. */
  readonly worker?: number;
  readonly snapshot: unknown;
}

interface WrittenEvent extends Written {
  readonly type: "@xstate.event";
  readonly event: unknown;
  readonly sourceId: string | undefined;
}

interface WrittenSnapshot extends Written {
  readonly type: "@xstate.snapshot";
  readonly event: unknown;
  readonly snapshot: unknown;
}

export type StatelyEvent = WrittenActor | WrittenEvent | WrittenSnapshot;

/** Everything in it is plain and bounded already, thanks to the sanitizer. */
export function statelyEvent(event: PresentedEvent): StatelyEvent {
  const { type, rootId, actorRef } = event;
  const { sessionId } = actorRef;
  const base = { rootId, sessionId, createdAt: String(event.at), id: null, _version: formatVersion };
  if (type === "@xstate.event") return { ...base, type, event: event.event, sourceId: event.sourceRef?.sessionId };
  if (type === "@xstate.snapshot") return { ...base, type, event: event.event, snapshot: event.snapshot };
  const { id: name, _parent, worker } = actorRef;
  const definition = definitionIn(actorRef);
  const actor = { ...base, type, name, parentId: _parent?.sessionId, definition, snapshot: actorRef.getSnapshot() };
  return worker === null ? actor : { ...actor, worker };
}

function definitionIn({ chart, logic: { config } }: PresentedActor): string | number {
  return chart === null ? JSON.stringify(config) : numberedDefinition(config).number;
}
