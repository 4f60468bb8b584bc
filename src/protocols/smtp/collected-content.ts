import { giveBack } from "../give-back.ts";

/** Octets of the smallest memory that pieces are put together in. */
const smallest = 4_096;

/**
 * The content of a message for a backend that wants it in one piece. Its length is bounded by `messageSize`. A client that
 * sends it in small pieces costs no more memory than one that does not: twice the content at most.
 */
export class CollectedContent {
  /** Nobody has to be waited for. */
  readonly full = false;
  readonly #deliver: (content: Buffer) => void;
  /** The only piece so far, or what the pieces are put together in. */
  #memory: Buffer | null = null;
  #length = 0;
  /** The memory is our own; the only piece is not. */
  #grows = false;

  /** @param deliver called when the content is complete; never for one that breaks off or is refused. */
  constructor(deliver: (content: Buffer) => void) {
    this.#deliver = deliver;
  }

  add(content: Buffer): void {
    const { length } = content;
    if (this.#memory === null) this.#memory = content;
    else {
      this.#room(this.#memory, length).set(content, this.#length);
      giveBack(content);
    }
    this.#length += length;
  }

  finish(): void {
    const content = this.#memory?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.destroy();
    this.#deliver(content);
  }

  destroy(): void {
    this.#memory = null;
    this.#length = 0;
    this.#grows = false;
  }

  /** @returns memory of our own with what has come so far and room for more. */
  #room(memory: Buffer, more: number): Buffer {
    const needed = this.#length + more;
    if (this.#grows && needed <= memory.length) return memory;
    const grown = Buffer.allocUnsafeSlow(Math.max(smallest, 2 * needed));
    grown.set(memory.subarray(0, this.#length));
    giveBack(memory);
    this.#memory = grown;
    this.#grows = true;
    return grown;
  }
}
