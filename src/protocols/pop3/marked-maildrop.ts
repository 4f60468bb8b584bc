import type { Maildrop, MaildropMessage } from "../mailbox.ts";

/** A message and its place in the maildrop, from 0; clients count from 1. */
export interface PlacedMessage {
  readonly place: number;
  readonly message: MaildropMessage;
}

/** The locked maildrop, and which of its messages the client has marked as deleted (RFC 1939 section 5). */
export class MarkedMaildrop {
  readonly #maildrop: Maildrop;
  /** By place. */
  readonly #marked = new Set<number>();
  readonly #allOctets: number;
  #markedOctets = 0;

  constructor(maildrop: Maildrop) {
    this.#maildrop = maildrop;
    this.#allOctets = maildrop.messages.reduce((octets, { size }) => octets + size, 0);
  }

  /** Messages that are not marked. Constant time: a client may ask as often as it likes. */
  get count(): number {
    return this.#maildrop.messages.length - this.#marked.size;
  }

  /** Of the messages that are not marked. */
  get octets(): number {
    return this.#allOctets - this.#markedOctets;
  }

  get isMarked(): boolean {
    return this.#marked.size > 0;
  }

  /** @returns the message unless it is marked, or why there is none. */
  find(place: number): PlacedMessage | "unknown" | "marked" {
    const message = this.#maildrop.messages[place];
    if (!message) return "unknown";
    return this.#marked.has(place) ? "marked" : { place, message };
  }

  /** Those that are not marked. */
  *remaining(): Iterable<PlacedMessage> {
    for (const [place, message] of this.#maildrop.messages.entries()) {
      if (!this.#marked.has(place)) yield { place, message };
    }
  }

  mark({ place, message }: PlacedMessage): void {
    this.#marked.add(place);
    this.#markedOctets += message.size;
  }

  unmarkAll(): void {
    this.#marked.clear();
    this.#markedOctets = 0;
  }

  content(message: MaildropMessage): ReturnType<Maildrop["content"]> {
    return this.#maildrop.content(message.uid);
  }

  /** Removes what is marked, all of it in one step. */
  removeMarked(): Promise<void> {
    const marked = this.#maildrop.messages.filter((_, place) => this.#marked.has(place));
    return this.#maildrop.remove(marked.map(({ uid }) => uid));
  }
}
