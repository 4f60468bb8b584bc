/** The content of a message for a backend that wants it in one piece. Its length is bounded by `messageSize`. */
export class CollectedContent {
  /** Nobody has to be waited for. */
  readonly full = false;
  readonly #deliver: (content: Buffer) => void;
  #pieces: Buffer[] = [];

  /** @param deliver called when the content is complete; never for one that breaks off or is refused. */
  constructor(deliver: (content: Buffer) => void) {
    this.#deliver = deliver;
  }

  add(content: Buffer): void {
    this.#pieces.push(content);
  }

  finish(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    const [first] = pieces;
    this.#deliver(first && pieces.length === 1 ? first : Buffer.concat(pieces));
  }

  destroy(): void {
    this.#pieces = [];
  }
}
