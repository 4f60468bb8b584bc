/** Batches events for the pages: those of a short interval are sent as one frame, a JSON array of them. */
import { type NumberedDefinition, numberedDefinition } from "./chart-definitions.ts";
import type { PresentedEvent } from "./presented.ts";
import { statelyEvent } from "./stately-event.ts";

/** How long an event waits for others, in milliseconds: hardly visible, and a frame costs more than an event. */
const longestWait = 200;
/** Events in a frame. */
const mostTogether = 500;

export interface EventFrame {
  readonly text: string;
  /** How many events it has. */
  readonly count: number;
  /** The definitions that a page must know first. */
  readonly definitions: ReadonlySet<NumberedDefinition>;
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

  /** Sends what is waiting. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    const events = this.#waiting;
    this.#waiting = [];
    this.#send(frameOf(events));
  }

  readonly #passed = (): void => this.flush();
}

/** As few frames as the events fit in. */
export function* framesOf(events: Iterable<PresentedEvent>): Generator<EventFrame> {
  let together: PresentedEvent[] = [];
  for (const event of events) {
    together.push(event);
    if (together.length < mostTogether) continue;
    yield frameOf(together);
    together = [];
  }
  if (together.length > 0) yield frameOf(together);
}

function frameOf(events: readonly PresentedEvent[]): EventFrame {
  const definitions = new Set<NumberedDefinition>();
  for (const { type, actorRef } of events)
    if (type === "@xstate.actor" && actorRef.chart !== null) definitions.add(numberedDefinition(actorRef.logic.config));
  return { text: JSON.stringify(events.map(statelyEvent)), count: events.length, definitions };
}
