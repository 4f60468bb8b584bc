/** Events on their way from the thread that has the connections to the main thread. */
import type { ChartDefinition } from "../definition.ts";
import type { PresentedEvent } from "../presented.ts";
import type { CarriedBatch, CarriedEvent } from "./carried-batch.ts";

/** Events that may wait while the main thread is busy. What introduces or ends an actor may wait beyond that. */
export const mostWaiting = 2_000;

type Facts = Pick<CarriedEvent, "session" | "at" | "bytesRead" | "bytesWritten" | "dropped">;

/**
 * Sends what came in one turn together, and the next batch when the last one was taken: a slow main thread costs this
 * thread no more memory than what may wait.
 */
export class BatchQueue {
  readonly #send: (batch: CarriedBatch) => void;
  readonly #numbers = new Map<ChartDefinition, number>();
  #definitions = new Map<number, ChartDefinition>();
  #waiting: CarriedEvent[] = [];
  #isUnderWay = false;
  #flushing: NodeJS.Immediate | null = null;
  /** By connection. */
  readonly #dropped = new Map<string, number>();

  constructor(send: (batch: CarriedBatch) => void) {
    this.#send = send;
  }

  get isFull(): boolean {
    return this.#waiting.length >= mostWaiting;
  }

  add(event: PresentedEvent): void {
    const connection = event.actorRef.connection?.id ?? "";
    if (this.isFull && canBeMissed(event)) {
      this.#dropped.set(connection, (this.#dropped.get(connection) ?? 0) + 1 + (event.dropped ?? 0));
      return;
    }
    this.#waiting.push(this.#carried(event, connection));
    this.#flushing ??= setImmediate(() => this.flush());
  }

  /** The other side has taken the last batch. */
  taken(): void {
    this.#isUnderWay = false;
    this.flush();
  }

  flush(): void {
    if (this.#flushing) clearImmediate(this.#flushing);
    this.#flushing = null;
    if (this.#isUnderWay || this.#waiting.length === 0) return;
    const batch = { definitions: this.#definitions, events: this.#waiting };
    this.#definitions = new Map();
    this.#waiting = [];
    this.#isUnderWay = true;
    this.#send(batch);
  }

  #carried(event: PresentedEvent, connection: string): CarriedEvent {
    const { actorRef, at, bytesRead, bytesWritten } = event;
    const facts: Facts = {
      ...{ session: actorRef.sessionId, at },
      ...(bytesRead === undefined ? {} : { bytesRead }),
      ...(bytesWritten === undefined ? {} : { bytesWritten }),
    };
    if (event.type === "@xstate.actor") {
      const { id: name, chart, own, late, _parent } = actorRef;
      const definition = this.#numberOf(actorRef.logic.config);
      const parent = _parent?.sessionId ?? null;
      const snapshot = actorRef.getSnapshot();
      return {
        ...facts,
        ...{ type: "actor", name, parent, definition, chart, own, late, connection: actorRef.connection, snapshot },
      };
    }
    const dropped = (this.#dropped.get(connection) ?? 0) + (event.dropped ?? 0);
    this.#dropped.delete(connection);
    const told = dropped === 0 ? facts : { ...facts, dropped };
    if (event.type === "@xstate.event")
      return { ...told, type: "event", source: event.sourceRef?.sessionId ?? null, event: event.event };
    return { ...told, type: "snapshot", event: event.event, snapshot: event.snapshot };
  }

  #numberOf(definition: ChartDefinition): number {
    const known = this.#numbers.get(definition);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(definition, number);
    this.#definitions.set(number, definition);
    return number;
  }
}

/** Without it the tree is the same. */
function canBeMissed(event: PresentedEvent): boolean {
  return event.type === "@xstate.event" || (event.type === "@xstate.snapshot" && event.snapshot.status === "active");
}
