/** Events on their way from a worker's thread to the main thread. */
import type { Lifecycle, LifecycleEvent, LifecycleEventType } from "../observe/lifecycle.ts";
import { type EventRow, eventOf, type RowDetail, rowOf, sentFacts } from "./event-rows.ts";

/** How long events wait for others that go the same way, in milliseconds. */
const longestWait = 50;
/** So many do not wait. */
const batch = 256;

/** What a worker reports; listeners and the server are reported by the main thread. */
export const forwarded = [
  "connection.accepted",
  "connection.proxyHeader",
  "connection.admitting",
  "connection.handshaking",
  "connection.active",
  "connection.upgrading",
  "connection.draining",
  "connection.closing",
  "connection.refused",
  "connection.secured",
  "connection.handshakeFailed",
  "connection.proxyRejected",
  "connection.sessionFailed",
  "connection.closed",
  "session.authenticated",
  "session.authenticationFailed",
  "session.messageAccepted",
  "session.messageRejected",
  "session.earlyTalker",
  "session.backendFailed",
  "pressure.began",
  "pressure.ended",
  "listener.warning",
  "server.warning",
] as const satisfies readonly LifecycleEventType[];

/** Warnings of a worker that the main thread does not give itself. */
const ownFields: ReadonlySet<string> = new Set(["admission", "protocol"]);

/** What the main thread wants to hear. */
export interface WantedEvents {
  readonly types: readonly LifecycleEventType[];
  /** An embedder sees the events themselves, and may read all that they say. */
  readonly areSeen: boolean;
}

/** An event as it is sent: a row, or an object. */
export type SentEvent = EventRow | object;

/** What goes in one message. */
export interface EventBatch {
  /** By listener: connections that were accepted, where nobody wants to know more of them. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly events: readonly SentEvent[];
}

/** Sends in batches, so that a connection costs no message of its own. */
export class EventSender {
  readonly #send: (batch: EventBatch) => void;
  #accepted = new Map<string, number>();
  #events: SentEvent[] = [];
  #detail = { isSeen: false };
  #timer: NodeJS.Timeout | null = null;
  #end = (): void => {};

  constructor(send: (batch: EventBatch) => void) {
    this.#send = send;
  }

  follow(lifecycle: Lifecycle, { types, areSeen }: WantedEvents): void {
    this.#end();
    this.#detail = { isSeen: areSeen };
    const endEvents = lifecycle.listen(types, (event) => this.#take(event));
    const endCount = types.includes("connection.accepted") ? null : lifecycle.countAccepted(this.#count);
    this.#end = () => {
      endEvents();
      endCount?.();
    };
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const [events, accepted] = [this.#events, this.#accepted];
    if (events.length === 0 && accepted.size === 0) return;
    this.#events = [];
    this.#accepted = new Map();
    this.#send({ accepted, events });
  }

  readonly #count = (listener: string, accepted: number): void => {
    this.#accepted.set(listener, (this.#accepted.get(listener) ?? 0) + accepted);
    this.#timer ??= setTimeout(() => this.flush(), longestWait);
  };

  #take(event: LifecycleEvent): void {
    if (event.type === "listener.warning" && !ownFields.has(event.field)) return;
    this.#events.push(rowOf(event, this.#detail) ?? sentEvent(event, this.#detail));
    if (this.#events.length >= batch) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), longestWait);
  }
}

/** An error in a form that keeps its code. */
interface CarriedError {
  readonly carried: { readonly name: string; readonly message: string; readonly stack: string; readonly code: unknown };
}

function sentEvent(event: LifecycleEvent, detail: RowDetail): object {
  const sent: Record<string, unknown> = { ...event };
  if ("connection" in event && typeof event.connection === "object")
    sent["connection"] = sentFacts(event.connection, detail);
  if ("error" in event) sent["error"] = carried(event.error);
  return sent;
}

function carried(error: unknown): CarriedError | string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack = "" } = error;
  return { carried: { name, message, stack, code: "code" in error ? String(error.code) : undefined } };
}

/** As it was before it was sent, from this worker. */
export function receivedEvent(sent: SentEvent, worker: number): LifecycleEvent {
  if (Array.isArray(sent)) return eventOf(sent as unknown as EventRow, worker);
  const event = sent as LifecycleEvent;
  const error = "error" in event ? wholeError(event.error) : null;
  return { ...event, ...(error ? { error } : {}), worker } as LifecycleEvent;
}

/** Null for what is no error on its way. */
function wholeError(sent: unknown): Error | null {
  if (typeof sent !== "object" || sent === null || !("carried" in sent)) return null;
  const { name, message, stack, code } = (sent as CarriedError).carried;
  const error = Object.assign(new Error(message), { stack, ...(code === undefined ? {} : { code }) });
  Object.defineProperty(error, "name", { value: name, enumerable: false });
  return error;
}
