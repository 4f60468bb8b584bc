/** Batches what goes to the pages: the messages of a short interval are sent as one frame, a JSON array of them. */
import type { NumberedDefinition } from "./chart-definitions.ts";

/** How long a message waits for others, in milliseconds: hardly visible, and a frame costs more than a message. */
const longestWait = 200;
/** Messages in a frame. */
const mostTogether = 500;

export interface Frame {
  readonly text: string;
  /** How many messages it has. */
  readonly count: number;
  /** The definitions that a page must know first. */
  readonly definitions: ReadonlySet<NumberedDefinition>;
}

type Pack<Message> = (messages: readonly Message[]) => Frame;

export class Frames<Message> {
  readonly #pack: Pack<Message>;
  readonly #send: (frame: Frame) => void;
  #waiting: Message[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(pack: Pack<Message>, send: (frame: Frame) => void) {
    this.#pack = pack;
    this.#send = send;
  }

  add(message: Message): void {
    this.#waiting.push(message);
    if (this.#waiting.length >= mostTogether) this.flush();
    else this.#timer ??= setTimeout(this.#passed, longestWait);
  }

  /** Sends what is waiting. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#send(this.#pack(messages));
  }

  readonly #passed = (): void => this.flush();
}

/** As few frames as the messages fit in. */
export function* framesOf<Message>(pack: Pack<Message>, messages: Iterable<Message>): Generator<Frame> {
  let together: Message[] = [];
  for (const message of messages) {
    together.push(message);
    if (together.length < mostTogether) continue;
    yield pack(together);
    together = [];
  }
  if (together.length > 0) yield pack(together);
}
