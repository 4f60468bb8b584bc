/** Events on their way to the pages: those of a short while leave as one frame, a JSON array of them. */
import type { PresentedEvent } from "./presented.ts";
import { type StatelyEvent, statelyEvent } from "./stately-event.ts";

/** How long an event waits for others, in milliseconds: nobody who looks sees it, and a frame costs more than an event. */
const longestWait = 50;
/** Events in a frame. */
const mostTogether = 250;

export interface EventFrame {
  readonly text: string;
  /** How many events it has. */
  readonly count: number;
}

export class EventFrames {
  readonly #send: (frame: EventFrame) => void;
  #waiting: PresentedEvent[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (frame: EventFrame) => void) {
    this.#send = send;
  }

  add(event: PresentedEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length >= mostTogether) this.flush();
    else this.#timer ??= setTimeout(this.#passed, longestWait);
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    const events = this.#waiting;
    this.#waiting = [];
    this.#send(frameOf(events.map(statelyEvent)));
  }

  readonly #passed = (): void => this.flush();
}

/** As few frames as they fit in. */
export function* framesOf(events: Iterable<StatelyEvent>): Generator<EventFrame> {
  let together: StatelyEvent[] = [];
  for (const event of events) {
    together.push(event);
    if (together.length < mostTogether) continue;
    yield frameOf(together);
    together = [];
  }
  if (together.length > 0) yield frameOf(together);
}

function frameOf(events: readonly StatelyEvent[]): EventFrame {
  return { text: JSON.stringify(events), count: events.length };
}
