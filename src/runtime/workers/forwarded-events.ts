/** Events on their way from a worker's thread to the main thread. */
import type { Lifecycle, LifecycleEvent, LifecycleEventType } from "../observe/lifecycle.ts";

/** How long events wait for others that go the same way, in milliseconds. */
const longestWait = 20;
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

/** Sends in batches, so that a connection costs no message of its own. */
export class EventSender {
  readonly #send: (events: readonly object[]) => void;
  #events: object[] = [];
  #timer: NodeJS.Timeout | null = null;
  #end = (): void => {};

  constructor(send: (events: readonly object[]) => void) {
    this.#send = send;
  }

  follow(lifecycle: Lifecycle, wanted: readonly LifecycleEventType[]): void {
    this.#end();
    this.#end = lifecycle.listen(wanted, (event) => this.#take(event));
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const events = this.#events;
    this.#events = [];
    if (events.length > 0) this.#send(events);
  }

  #take(event: LifecycleEvent): void {
    if (event.type === "listener.warning" && !ownFields.has(event.field)) return;
    this.#events.push(sentEvent(event));
    if (this.#events.length >= batch) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), longestWait);
  }
}

/** An error in a form that keeps its code. */
interface CarriedError {
  readonly carried: { readonly name: string; readonly message: string; readonly stack: string; readonly code: unknown };
}

function sentEvent(event: LifecycleEvent): object {
  const sent: Record<string, unknown> = { ...event };
  if ("connection" in event && typeof event.connection === "object") {
    const { id, listener, generation, peer, local, proxy, tls } = event.connection;
    sent["connection"] = { id, listener, generation, peer, local, proxy, tls };
  }
  if ("error" in event) sent["error"] = carried(event.error);
  return sent;
}

function carried(error: unknown): CarriedError | string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack = "" } = error;
  return { carried: { name, message, stack, code: "code" in error ? String(error.code) : undefined } };
}

/** As it was sent, with its error made whole again. */
export function receivedEvent(event: LifecycleEvent): LifecycleEvent {
  if (!("error" in event) || typeof event.error !== "object" || event.error === null || !("carried" in event.error))
    return event;
  const { name, message, stack, code } = (event.error as CarriedError).carried;
  const error = Object.assign(new Error(message), { stack, ...(code === undefined ? {} : { code }) });
  Object.defineProperty(error, "name", { value: name, enumerable: false });
  return { ...event, error } as LifecycleEvent;
}
