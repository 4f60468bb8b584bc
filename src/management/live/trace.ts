/** What chosen connections do, step by step, as the lines of a recording: what `gatehouse replay` reads. */

import type { PresentedEvent } from "../../inspect/presented.ts";
import { linesOf, type RecordingLine } from "../../inspect/recording-format.ts";
import { Selection } from "../../inspect/selection.ts";
import { InspectedElsewhere } from "../../inspect/threads/inspected-elsewhere.ts";
import { connectionInspector } from "../../inspect/tree.ts";
import type { ConnectionWatchers, WatchedConnection } from "../../runtime/observe/connection-watchers.ts";
import type { TreeInspector } from "../../runtime/observe/inspection.ts";

export type Traced =
  | { readonly kind: "connection"; readonly id: string }
  /** The next one that is accepted. Listener null: on any but the one that is `exceptListener`. */
  | { readonly kind: "next"; readonly listener: string | null }
  /** The next one that fails: its steps come when it has. */
  | { readonly kind: "failing"; readonly listener: string | null }
  /** One in so many, again and again. */
  | { readonly kind: "sample"; readonly listener: string | null; readonly oneIn: number };

/** Connections that are looked at together: of a sample, and of those that may fail. */
const mostSampled = 100;
const mostKept = 500;

export interface TraceOptions {
  readonly traced: Traced;
  readonly watchers: ConnectionWatchers;
  /** The connection of the client that asks: watching it would only show the watching. */
  readonly exceptListener: string;
  line(line: RecordingLine): void;
  /** Nothing more comes: the connection has closed, or there is none of this id. */
  ended(reason: "closed" | "gone"): void;
}

export class Trace {
  readonly #options: TraceOptions;
  readonly #selection: Selection;
  readonly #inspector: TreeInspector;
  #stopPicking = (): void => {};
  #leaveThreads = (): void => {};
  /** Of several that fail in one turn, the first is shown. */
  #shown: string | null = null;
  #over = false;

  constructor(options: TraceOptions) {
    this.#options = options;
    this.#selection = new Selection(selectionOf(options.traced));
    this.#inspector = connectionInspector((event) => this.#take(event), { selection: this.#selection });
  }

  begin(): void {
    const { traced, watchers } = this.#options;
    if (traced.kind !== "connection") {
      this.#stopPicking = watchers.pick((connection) => this.#pick(connection));
      this.#followThreads(null);
      return;
    }
    const connection = watchers.find(traced.id);
    if (connection) this.#watch(connection);
    else if (!this.#followThreads(traced.id)) this.#end("gone");
  }

  /** @returns whether a thread may have what is wanted. */
  #followThreads(connection: string | null): boolean {
    const end = this.#options.watchers.threads?.inspect(
      new InspectedElsewhere({
        ...{ selection: this.#selection, connection, open: false },
        show: (event) => this.#take(event),
        listener: () => undefined,
        gone: () => this.#end("gone"),
      }),
    );
    if (end) this.#leaveThreads = end;
    return Boolean(end);
  }

  /** Safe to call again. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopPicking();
    this.#leaveThreads();
    this.#options.watchers.release(this);
  }

  #pick(connection: WatchedConnection): void {
    const { traced, exceptListener } = this.#options;
    if ("listener" in traced && traced.listener === null && connection.facts.listener === exceptListener) return;
    if (this.#watch(connection) && traced.kind === "next") this.#stopPicking();
  }

  #watch(connection: WatchedConnection): boolean {
    const { facts, proxied } = connection;
    const inspector = this.#inspector.watch(facts, proxied, connection);
    if (inspector) connection.watch(inspector, this);
    return inspector !== undefined;
  }

  #take(event: PresentedEvent): void {
    const { traced, line } = this.#options;
    const { connection, own, chart } = event.actorRef;
    if (this.#over || !connection) return;
    // What came of an event is in the snapshot after it, and says which event it was.
    if (event.type === "@xstate.event") return;
    const isOne = traced.kind !== "sample";
    this.#shown ??= connection.id;
    if (isOne && this.#shown !== connection.id) return;
    for (const one of linesOf(event)) line(one);
    const isEnd =
      own && chart === "connection" && event.type === "@xstate.snapshot" && event.snapshot.status !== "active";
    if (isOne && isEnd) this.#end("closed");
  }

  #end(reason: "closed" | "gone"): void {
    this.stop();
    this.#options.ended(reason);
  }
}

function selectionOf(traced: Traced) {
  const listeners = "listener" in traced && traced.listener !== null ? { listeners: [traced.listener] } : {};
  switch (traced.kind) {
    case "sample":
      return { ...listeners, oneIn: traced.oneIn, maxConnections: mostSampled };
    case "failing":
      return { ...listeners, failuresOnly: true, maxConnections: mostKept };
    default:
      return listeners;
  }
}
