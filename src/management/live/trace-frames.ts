/** The lines of a trace on their way to a client: several together, and none are kept for one that does not read. */
import type { RecordingLine } from "../../inspect/recording-format.ts";
import type { Clock } from "../../runtime/time/clock.ts";
import type { EventStream } from "./event-stream.ts";

/** Milliseconds that a line waits for others: hardly visible, and a frame costs more than a line. */
const longestWait = 100;
/** Lines that may wait. */
const mostWaiting = 2_000;

export class TraceFrames {
  readonly #events: EventStream;
  readonly #clock: Clock;
  #waiting: RecordingLine[] = [];
  #dropped = 0;
  #timer: unknown = null;

  constructor(events: EventStream, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  add(line: RecordingLine): void {
    if (this.#waiting.length >= mostWaiting) this.#dropped += 1;
    else this.#waiting.push(line);
    this.#timer ??= this.#clock.setTimeout(() => this.flush(), longestWait);
  }

  /** Sends what waits, unless the client is behind: then it goes on waiting. */
  flush(): void {
    this.stop();
    if (this.#events.ended || this.#waiting.length === 0) return;
    if (!this.#events.ready) {
      this.#timer = this.#clock.setTimeout(() => this.flush(), longestWait);
      return;
    }
    this.#send();
  }

  #send(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    if (this.#dropped > 0) lines.push({ type: "gap", session: null, count: this.#dropped });
    this.#dropped = 0;
    this.#events.send("trace", JSON.stringify(lines));
  }

  /** Sends what waits in any case: nothing comes after it. */
  flushLast(): void {
    this.stop();
    if (this.#waiting.length > 0) this.#send();
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
