const SMALLEST = 128;
const NONE = Buffer.alloc(0);

/** Puts together octets that come in pieces. Grows with what has come, not with what was announced. */
export class OctetCollector {
  #octets: Buffer | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The first octets, for a look; not to be kept. */
  peek(length: number): Buffer {
    return this.#octets?.subarray(0, Math.min(length, this.#length)) ?? NONE;
  }

  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (!this.#octets || this.#octets.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(SMALLEST, 2 * length));
      this.#octets?.copy(grown, 0, 0, this.#length);
      this.#octets = grown;
    }
    piece.copy(this.#octets, this.#length);
    this.#length = length;
  }

  /** All that was collected; nothing is left. */
  take(): Buffer {
    const taken = this.#octets?.subarray(0, this.#length) ?? NONE;
    this.clear();
    return taken;
  }

  clear(): void {
    this.#octets = null;
    this.#length = 0;
  }
}
