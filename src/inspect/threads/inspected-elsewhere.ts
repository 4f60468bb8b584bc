/** The side of an inspection that is with its observers: shows actors of other threads as if they were here. */
import type { InspectedThread, ThreadsInspector } from "../../runtime/observe/inspection.ts";
import type { ChartDefinition } from "../definition.ts";
import { type PresentedActor, type PresentedEvent, type PresentedSnapshot, rootOf } from "../presented.ts";
import { giveBackWatched, type Selection, type ThreadSelection } from "../selection.ts";
import type { CarriedActor, CarriedBatch, CarriedEvent, InspectionOrder } from "./carried-batch.ts";

export interface ElsewhereOptions {
  readonly selection: Selection;
  /** The id of the only connection that is wanted; null for any. */
  readonly connection: string | null;
  /** Whether those count that are open already; one that is named does. */
  readonly open: boolean;
  show(event: PresentedEvent): void;
  /** The actor of a listener, under which its connections are; undefined for none. */
  listener(name: string): PresentedActor | undefined;
  /** There is no connection of the id that was asked for. */
  gone?(): void;
}

/** An actor of another thread, as it is shown here. */
interface ShownActor {
  readonly actor: PresentedActor;
  last: PresentedSnapshot;
}

interface ShownThread {
  readonly selection: ThreadSelection;
  readonly definitions: Map<number, ChartDefinition>;
  /** Those that live, by their sessions there. */
  readonly actors: Map<string, ShownActor>;
}

export class InspectedElsewhere implements ThreadsInspector {
  readonly connection: string | null;
  readonly #options: ElsewhereOptions;
  readonly #threads = new Map<string, ShownThread>();
  /** By their JSON: threads have the same charts, and a page gets each once. */
  readonly #definitions = new Map<string, ChartDefinition>();

  constructor(options: ElsewhereOptions) {
    this.connection = options.connection;
    this.#options = options;
  }

  begin({ idPrefix }: InspectedThread): InspectionOrder {
    const selection = this.#options.selection.forThread();
    this.#threads.set(idPrefix, { selection, definitions: new Map(), actors: new Map() });
    return { selection, connection: this.connection, open: this.#options.open };
  }

  take(batch: object, thread: InspectedThread): void {
    const shown = this.#threads.get(thread.idPrefix);
    if (!shown) return;
    const { definitions, events, gone } = batch as CarriedBatch;
    for (const [number, definition] of definitions) shown.definitions.set(number, this.#sameOf(definition));
    for (const event of events) this.#take(event, { shown, thread });
    if (gone) this.#options.gone?.();
  }

  /** What it had is seen no longer. */
  end({ idPrefix }: InspectedThread): void {
    const shown = this.#threads.get(idPrefix);
    if (!shown) return;
    this.#threads.delete(idPrefix);
    giveBackWatched(shown.selection.counts);
    // Those below others first, as they end themselves.
    for (const { actor, last } of [...shown.actors.values()].reverse()) {
      const snapshot: PresentedSnapshot = { ...last, status: "stopped", output: undefined, error: undefined };
      const facts = { rootId: rootOf(actor).sessionId, actorRef: actor, at: Date.now() };
      this.#options.show({ ...facts, type: "@xstate.snapshot", event: { type: "thread.lost" }, snapshot });
    }
  }

  #take(event: CarriedEvent, place: { readonly shown: ShownThread; readonly thread: InspectedThread }): void {
    const { shown } = place;
    if (event.type === "actor") {
      const actor = this.#introduced(event, place);
      shown.actors.set(event.session, { actor, last: event.snapshot });
      this.#options.show({ ...factsOf(event, actor), type: "@xstate.actor" });
      return;
    }
    const known = shown.actors.get(event.session);
    if (!known) return;
    const { actor } = known;
    const facts = factsOf(event, actor);
    if (event.type === "event") {
      const sourceRef = shown.actors.get(event.source ?? "")?.actor;
      this.#options.show({ ...facts, type: "@xstate.event", sourceRef, event: event.event });
      return;
    }
    known.last = event.snapshot;
    if (event.snapshot.status !== "active") shown.actors.delete(event.session);
    this.#options.show({ ...facts, type: "@xstate.snapshot", event: event.event, snapshot: event.snapshot });
  }

  #introduced(
    { session, name, parent, definition, chart, own, late, connection, snapshot }: CarriedActor,
    { shown, thread }: { readonly shown: ShownThread; readonly thread: InspectedThread },
  ): PresentedActor {
    return {
      sessionId: `${thread.idPrefix}${session}`,
      id: name,
      _parent: parent === null ? this.#options.listener(connection?.listener ?? "") : shown.actors.get(parent)?.actor,
      logic: { config: shown.definitions.get(definition) ?? { id: name } },
      ...{ chart, own, late, connection, worker: thread.worker },
      getSnapshot: () => snapshot,
      send: () => {},
    };
  }

  #sameOf(definition: ChartDefinition): ChartDefinition {
    const text = JSON.stringify(definition);
    const known = this.#definitions.get(text);
    if (!known) this.#definitions.set(text, definition);
    return known ?? definition;
  }
}

function factsOf({ at, bytesRead, bytesWritten, dropped }: CarriedEvent, actorRef: PresentedActor) {
  return {
    ...{ rootId: rootOf(actorRef).sessionId, actorRef, at },
    ...(bytesRead === undefined ? {} : { bytesRead }),
    ...(bytesWritten === undefined ? {} : { bytesWritten }),
    ...(dropped === undefined ? {} : { dropped }),
  };
}
