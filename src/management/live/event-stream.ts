/** Server-sent events (HTML Living Standard section 9.2) to one client, which may be slow and never slows the server. */

/** Milliseconds that a browser waits before it connects again. */
const retry = 2_000;
/** Events that may wait for the client. */
const mostWaiting = 2;

export class EventStream {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #left: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #sent = 0;

  /** @param left the client has gone, or the stream has ended. Called once. */
  constructor(left: () => void) {
    this.#left = left;
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
          this.#write(`retry: ${retry}\n\n`);
        },
        cancel: () => this.#leave(),
      },
      { highWaterMark: mostWaiting },
    );
  }

  /** Whether the client has taken what was sent before. Whoever sends although it has not fills the memory. */
  get ready(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  get ended(): boolean {
    return this.#controller === null;
  }

  /** How many events were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** @param data on one line, as JSON is. @param id what the client gives back when it connects again. */
  send(event: string, data: string, id?: string): void {
    this.#sent += 1;
    this.#write(`event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
  }

  /** Ends it in order. Safe to call again. */
  end(): void {
    this.#controller?.close();
    this.#leave();
  }

  #leave(): void {
    if (this.#controller === null) return;
    this.#controller = null;
    this.#left();
  }

  /** Says nothing: only a write shows that a client has gone. */
  touch(): void {
    this.#write(":\n\n");
  }

  #write(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }
}
