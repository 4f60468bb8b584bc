import { OctetCollector } from "./octet-collector.ts";

const LF = 0x0a;

/** What was pushed and not yet read: taken line by line, or as octets. A line that lies within one chunk is not copied. */
export class OctetInput {
  #chunk: Buffer | null = null;
  #offset = 0;
  /** The beginning of a line that has no end yet. */
  readonly #fragment = new OctetCollector();

  /** Octets that wait, those of an unfinished line included. */
  get length(): number {
    return this.#fragment.length + (this.#chunk ? this.#chunk.length - this.#offset : 0);
  }

  /** The chunk belongs to the input from here on. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const octets = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#chunk = this.#chunk ? Buffer.concat([this.#chunk.subarray(this.#offset), octets]) : octets;
    this.#offset = 0;
  }

  clear(): void {
    this.#chunk = null;
    this.#offset = 0;
    this.#fragment.clear();
  }

  /** The first octets of what waits, in Latin-1. */
  peek(length: number): string {
    const rest = this.#chunk?.toString("latin1", this.#offset, this.#offset + length) ?? "";
    return (this.#fragment.peek(length).toString("latin1") + rest).slice(0, length);
  }

  /**
   * Takes a line, with its line feed.
   * @returns null when it is not complete yet; `too-long` when it has more octets than the limit: then nothing is taken.
   */
  takeLine(limit: number): Buffer | "too-long" | null {
    const chunk = this.#chunk;
    if (!chunk) return null;
    const start = this.#offset;
    const lf = chunk.indexOf(LF, start);
    const end = lf === -1 ? chunk.length : lf + 1;
    if (this.#fragment.length + end - start > limit) return "too-long";
    const octets = chunk.subarray(start, end);
    if (lf !== -1 && this.#fragment.length === 0) {
      this.#consume(end);
      return octets;
    }
    this.#fragment.add(octets);
    this.#consume(end);
    return lf === -1 ? null : this.#fragment.take();
  }

  /** Takes what there is of a line, up to its line feed: for lines that are not wanted. Null when nothing waits. */
  takePiece(): Buffer | null {
    if (this.#fragment.length > 0) return this.#fragment.take();
    const chunk = this.#chunk;
    if (!chunk) return null;
    const lf = chunk.indexOf(LF, this.#offset);
    return this.take(lf === -1 ? chunk.length : lf + 1 - this.#offset);
  }

  /** What waits, without taking it; null when there is nothing. To be asked for where a line has ended. */
  rest(): Buffer | null {
    return this.#chunk ? this.#chunk.subarray(this.#offset) : null;
  }

  /** Takes the octets that wait, but no more than `most`; null when there are none. To be called where a line has ended. */
  take(most: number): Buffer | null {
    if (!this.#chunk) return null;
    const octets = this.#chunk.subarray(this.#offset, this.#offset + most);
    this.#consume(this.#offset + octets.length);
    return octets;
  }

  #consume(end: number): void {
    this.#offset = end;
    if (this.#chunk && end >= this.#chunk.length) {
      this.#chunk = null;
      this.#offset = 0;
    }
  }
}
