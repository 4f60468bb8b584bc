/** Octets of a piece that is worth no memory of its own. */
const small = 512;
/** Octets that pieces are put together in. */
const together = 4_096;

/**
 * Puts small pieces of content together. A Buffer of one octet costs a hundred, and holds all that came with it from the
 * network; a client that sends chunks of one octet (BDAT), or lines of dots, makes thousands of a packet.
 */
export class SmallPieces {
  readonly #pass: (piece: Buffer) => void;
  #memory: Buffer | null = null;
  #length = 0;

  /** @param pass is given the pieces, in their order. */
  constructor(pass: (piece: Buffer) => void) {
    this.#pass = pass;
  }

  /** Nothing is held back. */
  get empty(): boolean {
    return this.#length === 0;
  }

  add(piece: Buffer): void {
    if (piece.length > small) {
      this.flush();
      this.#pass(piece);
      return;
    }
    if (this.#length + piece.length > together) this.flush();
    this.#memory ??= Buffer.allocUnsafeSlow(together);
    this.#memory.set(piece, this.#length);
    this.#length += piece.length;
  }

  /** Passes on what is held back. */
  flush(): void {
    const memory = this.#memory;
    if (!memory || this.empty) return;
    const piece = memory.subarray(0, this.#length);
    this.#memory = null;
    this.#length = 0;
    this.#pass(piece);
  }
}
