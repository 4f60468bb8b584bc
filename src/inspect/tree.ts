/**
 * One tree for any inspector: the server, its listeners and reloads, connections and their sessions, each with the
 * actors that it invokes. Before anything is shown, connections are selected and their contents sanitised.
 */
import type { AnyActorRef, InspectionEvent } from "xstate";
import type { Inspector } from "../charts/inspector.ts";
import type { ConnectionFacts } from "../protocols/protocol.ts";
import type { InspectedThreads, OctetCounts, TreeInspector } from "../runtime/observe/inspection.ts";
import { ConnectionWatch } from "./connection-watch.ts";
import {
  type Demand,
  type PresentedActor,
  type PresentedEvent,
  type PresentedSnapshot,
  rootOf,
  type TreeObserver,
} from "./presented.ts";
import { type ChartSanitizer, type ChartView, Sanitizer, type SeenContext } from "./sanitizer.ts";
import { Selection, type SelectionOptions } from "./selection.ts";
import { InspectedElsewhere } from "./threads/inspected-elsewhere.ts";

export interface TreeOptions extends SelectionOptions {
  /**
   * What may be shown of an embedder's own charts, by their ids. Without it: the values of their states and the types
   * of their events.
   */
  readonly sanitize?: Readonly<Record<string, ChartSanitizer>>;
}

/** For `createGatehouse({ inspect })`. */
export interface InspectionTree extends TreeInspector {
  next(event: InspectionEvent): void;
  readonly counts: InspectionCounts;
}

export interface InspectionCounts {
  /** Connections that are being inspected. */
  readonly watched: number;
  /** Connections that were chosen but not inspected, because `maxConnections` was reached. */
  readonly beyond: number;
  /** Events that could not be shown, because an observer or a sanitizer threw. */
  readonly failed: number;
}

/**
 * @param observers each gets every event of the tree; an XState inspector is one.
 * @throws InspectionOptionError
 */
export function inspectionTree(observers: readonly TreeObserver[], options: TreeOptions = {}): InspectionTree {
  const { sanitize, ...selection } = options;
  return new Branch(new Trunk(observers, { sanitizer: new Sanitizer(sanitize), selection: new Selection(selection) }));
}

/** The inspector of chosen connections by themselves, without the server and the listener above them. */
export function connectionInspector(
  observer: TreeObserver,
  { selection, sanitize }: { readonly selection: Selection; readonly sanitize?: TreeOptions["sanitize"] },
): TreeInspector {
  return new Branch(new Trunk([observer], { sanitizer: new Sanitizer(sanitize), selection }), {});
}

/** What is known of an actor. */
interface Node extends SeenContext {
  readonly view: ChartView;
  readonly branch: Branch;
  readonly parent: Node | undefined;
  /** Null until it starts: only then does it have a snapshot to show. */
  presented: PresentedActor | null;
}

/** What all branches share. */
class Trunk {
  readonly sanitizer: Sanitizer;
  readonly selection: Selection;
  readonly nodes = new WeakMap<object, Node>();
  /** By the connection's id, for sessions that were not given an inspector of their own. */
  readonly sessions = new Map<string, Branch>();
  /** The latest of each name. */
  readonly #listeners = new Map<string, Node>();
  failed = 0;
  readonly #observers: readonly ((event: PresentedEvent) => void)[];
  /** Of all observers; null when one of them always wants connections. */
  readonly #demands: readonly Demand[] | null;

  constructor(observers: readonly TreeObserver[], parts: Pick<Trunk, "sanitizer" | "selection">) {
    const demands = observers.flatMap(({ demand }) => demand ?? []);
    this.#demands = observers.length > 0 && demands.length === observers.length ? demands : null;
    this.#observers = observers.map((observer) =>
      typeof observer === "function" ? observer : (event) => observer.next?.(event),
    );
    this.sanitizer = parts.sanitizer;
    this.selection = parts.selection;
  }

  get wantsConnections(): boolean {
    return this.#demands === null || this.#demands.some(({ exists }) => exists);
  }

  onDemand(begin: () => void): void {
    for (const demand of this.#demands ?? []) demand.onBegin(begin);
  }

  /** Connections of other threads are inspected while somebody wants any. */
  followThreads(threads: InspectedThreads): void {
    const { selection, show } = this;
    const listener = (name: string) => this.#listeners.get(`listener:${name}`)?.presented ?? undefined;
    let end: (() => void) | null = null;
    const look = (): void => {
      if (this.wantsConnections)
        end ??= threads.inspect(new InspectedElsewhere({ selection, connection: null, open: true, show, listener }));
      else {
        end?.();
        end = null;
      }
    };
    for (const demand of this.#demands ?? []) {
      demand.onBegin(look);
      demand.onEnd?.(look);
    }
    look();
  }

  met(actor: AnyActorRef, node: Node): void {
    this.nodes.set(actor, node);
    if (node.view.own && node.view.chart === "listener") this.#listeners.set(actor.id, node);
  }

  readonly show = (event: PresentedEvent): void => {
    for (const observer of this.#observers) {
      try {
        observer(event);
      } catch {
        this.failed += 1;
      }
    }
  };
}

interface Place {
  /** Undefined at the root of a tree that has no server. */
  readonly parent?: Node | undefined;
  readonly watch?: ConnectionWatch;
  readonly facts?: ConnectionFacts;
  readonly octets?: OctetCounts | undefined;
}

/** The inspector for the root actors at one place in the tree; without a place, for servers. */
class Branch implements InspectionTree {
  readonly #trunk: Trunk;
  readonly #place: Place | undefined;

  constructor(trunk: Trunk, place?: Place) {
    this.#trunk = trunk;
    this.#place = place;
  }

  get counts(): InspectionCounts {
    const { selection, failed } = this.#trunk;
    return { watched: selection.watched, beyond: selection.beyond, failed };
  }

  next(event: InspectionEvent): void {
    // Inspection happens within transitions: an error in it must not reach the machines.
    try {
      this.#take(event);
    } catch {
      this.#trunk.failed += 1;
    }
  }

  under(parent: AnyActorRef): Inspector {
    const node = this.#trunk.nodes.get(parent);
    if (!node) return this;
    return this.#trunk.sessions.get(this.#place?.facts?.id ?? "") ?? this.#within(node);
  }

  #within(parent: Node): Branch {
    return new Branch(this.#trunk, { ...this.#place, parent });
  }

  watch(facts: ConnectionFacts, proxied: boolean, octets?: OctetCounts): Inspector | undefined {
    const { selection, show } = this.#trunk;
    if (!this.#trunk.wantsConnections) return undefined;
    if (!this.#place || !selection.hasListener(facts.listener)) return undefined;
    // Most connections of a sample are not chosen, and nothing is allocated for them.
    const unknown = proxied && selection.byAddress;
    if (!unknown && !selection.choose(facts)) return undefined;
    const watch = new ConnectionWatch({ facts, chosen: !unknown, selection, show });
    return new Branch(this.#trunk, { parent: this.#place.parent, watch, facts, octets });
  }

  onDemand(offer: () => void): void {
    this.#trunk.onDemand(offer);
  }

  followThreads(threads: InspectedThreads): void {
    this.#trunk.followThreads(threads);
  }

  #take(event: InspectionEvent): void {
    if (this.#place?.watch?.over) return;
    const actor = event.actorRef as AnyActorRef;
    if (event.type === "@xstate.actor") this.#meet(actor);
    else if (event.type === "@xstate.event" || event.type === "@xstate.snapshot") {
      const node = this.#trunk.nodes.get(actor);
      if (node) this.#present(node, event);
    }
  }

  #meet(actor: AnyActorRef): void {
    const view = this.#trunk.sanitizer.viewOf(Reflect.get(actor, "logic"));
    const invoker = actor._parent && this.#trunk.nodes.get(actor._parent);
    const branch = invoker?.branch ?? this.#branchOf(actor, view);
    if (!branch) return;
    const parent = invoker ?? branch.#place?.parent;
    const node: Node = { view, branch, parent, presented: null, context: undefined, shown: undefined };
    this.#trunk.met(actor, node);
    const { facts } = branch.#place ?? {};
    if (facts && isConnection(view)) this.#trunk.sessions.set(facts.id, branch.#within(node));
  }

  /** The branch of a root actor; undefined when it belongs to nothing that is inspected. */
  #branchOf(actor: AnyActorRef, { own, chart }: ChartView): Branch | undefined {
    if (this.#place || (own && chart === "server")) return this;
    return this.#trunk.sessions.get(actor.id);
  }

  #present(node: Node, event: Extract<InspectionEvent, { type: "@xstate.event" | "@xstate.snapshot" }>): void {
    const { view, branch } = node;
    const actor = event.actorRef as AnyActorRef;
    // An actor that is inspected from its start is first seen by the event that starts it.
    const late = event.type === "@xstate.snapshot";
    const actorRef = node.presented ?? branch.#introduce(node, actor, late);
    const base = { ...branch.#base(actorRef), event: view.event(event.event) };
    if (event.type === "@xstate.event") {
      const source = event.sourceRef && this.#trunk.nodes.get(event.sourceRef);
      branch.#emit({ ...base, type: "@xstate.event", sourceRef: source?.presented ?? undefined });
      return;
    }
    const snapshot = view.snapshot(event.snapshot, node) as PresentedSnapshot;
    branch.#emit({ ...base, type: "@xstate.snapshot", snapshot });
    if (isConnection(view)) branch.#connectionIn(event.snapshot);
  }

  #base(actorRef: PresentedActor) {
    const { octets } = this.#place ?? {};
    const counts = octets && { bytesRead: octets.bytesRead, bytesWritten: octets.bytesWritten };
    return { rootId: rootOf(actorRef).sessionId, actorRef, at: Date.now(), ...counts };
  }

  /** Presents an actor as it is before its first event, or, of one that has been running, as it is now. */
  #introduce(node: Node, actor: AnyActorRef, late: boolean): PresentedActor {
    const { view, parent } = node;
    const snapshot = view.snapshot(actor.getSnapshot(), node) as PresentedSnapshot;
    const { facts } = this.#place ?? {};
    const presented: PresentedActor = {
      sessionId: actor.sessionId,
      id: facts && actor.id === facts.id ? `${view.chart}:${actor.id}` : actor.id,
      _parent: parent?.presented ?? undefined,
      logic: { config: view.definition ?? { id: actor.id } },
      chart: view.chart,
      own: view.own,
      late,
      connection: facts ? { id: facts.id, listener: facts.listener } : null,
      worker: null,
      getSnapshot: () => snapshot,
      send: () => {},
    };
    node.presented = presented;
    this.#emit({ ...this.#base(presented), type: "@xstate.actor" });
    return presented;
  }

  #connectionIn(snapshot: unknown): void {
    const { watch, facts } = this.#place ?? {};
    if (!watch || !facts) return;
    const { value, status, context } = snapshot as { value: unknown; status: string; context: { cause?: unknown } };
    watch.entered(value);
    if (status !== "active") watch.ended(context.cause);
    if (watch.over) this.#trunk.sessions.delete(facts.id);
  }

  #emit(event: PresentedEvent): void {
    if (this.#place?.watch) this.#place.watch.take(event);
    else this.#trunk.show(event);
  }
}

function isConnection({ own, chart }: ChartView): boolean {
  return own && chart === "connection";
}
