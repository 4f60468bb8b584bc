/**
 * Rows of numbers by text, which several threads share: a table of chained buckets in shared memory with a fixed number
 * of rows. All access is under its lock. Each change of its structure is one store, so that a thread that ends in the
 * middle of one leaves a table that can be read; it may lose the use of one row.
 */
import { SharedLock } from "./shared-lock.ts";

/** Characters of a key at most; longer ones are cut. */
export const longestKey = 60;
/** Of the words before the rows: the lock, the first free row, how many were ever used, rows in use, the hand. */
const LOCK = 0;
const FREE = 1;
const HIGH = 2;
const USED = 3;
const HAND = 4;
const header = 16;
/** Of the words of a row: the next in its chain, the key's length, then its characters, two in a word. */
const NEXT = 0;
const LENGTH = 1;
const KEY = 2;
const rowWords = KEY + longestKey / 2;
/** How many rows are looked at to find one that was not used for long. */
const sample = 32;

export interface TableMemory {
  readonly words: SharedArrayBuffer;
  readonly values: SharedArrayBuffer;
  /** Numbers of each row; the first is when it was used last. */
  readonly width: number;
  readonly rows: number;
}

/** @param width numbers of each row, besides the time of its last use */
export function tableMemory({ rows, width }: { readonly rows: number; readonly width: number }): TableMemory {
  return {
    words: new SharedArrayBuffer((header + rows + rows * rowWords) * Int32Array.BYTES_PER_ELEMENT),
    values: new SharedArrayBuffer(rows * (width + 1) * Float64Array.BYTES_PER_ELEMENT),
    width: width + 1,
    rows,
  };
}

export class SharedTable {
  readonly memory: TableMemory;
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #lock: SharedLock;

  constructor(memory: TableMemory, thread: number) {
    this.memory = memory;
    this.#words = new Int32Array(memory.words);
    this.#values = new Float64Array(memory.values);
    this.#lock = new SharedLock(this.#words, { at: LOCK, thread });
  }

  /** Rows in use. */
  get size(): number {
    return Atomics.load(this.#words, USED);
  }

  alone<Result>(work: () => Result): Result {
    return this.#lock.alone(work);
  }

  /** The numbers of a key, as a view of the memory; null without a row. Under the lock. */
  find(key: string): Float64Array | null {
    const row = this.#rowOf(key);
    return row < 0 ? null : this.#viewOf(row);
  }

  /** The same, with a new row of zeros where there is none; the one that was used least recently gives way. Under the lock. */
  make(key: string, now: number): Float64Array {
    let row = this.#rowOf(key);
    if (row < 0) row = this.#add(key);
    this.#values[row * this.memory.width] = now;
    return this.#viewOf(row);
  }

  /** The same; null where every row is in use. Under the lock. */
  makeUnlessFull(key: string): Float64Array | null {
    if (this.#rowOf(key) < 0 && this.#isFull) return null;
    return this.make(key, 0);
  }

  /** Forgets a key. Under the lock. */
  remove(key: string): void {
    const row = this.#rowOf(key);
    if (row >= 0) this.#remove(row, key);
  }

  /** Goes through all rows. Under the lock. */
  forEach(visit: (values: Float64Array, key: string) => void): void {
    const high = this.#words[HIGH] ?? 0;
    for (let row = 0; row < high; row++) if (this.#lengthOf(row) > 0) visit(this.#viewOf(row), this.#keyOf(row));
  }

  /** A thread has ended, perhaps with the lock. */
  releaseOf(thread: number): void {
    this.#lock.releaseOf(thread);
  }

  get #isFull(): boolean {
    return this.#words[FREE] === 0 && (this.#words[HIGH] ?? 0) >= this.memory.rows;
  }

  #viewOf(row: number): Float64Array {
    const { width } = this.memory;
    return this.#values.subarray(row * width + 1, (row + 1) * width);
  }

  #add(key: string): number {
    if (this.#isFull) this.#forgetSomebody();
    const words = this.#words;
    const free = words[FREE] ?? 0;
    let row: number;
    if (free > 0) {
      row = free - 1;
      words[FREE] = words[this.#at(row) + NEXT] ?? 0;
    } else {
      row = words[HIGH] ?? 0;
      words[HIGH] = row + 1;
    }
    this.#viewOf(row).fill(0);
    const at = this.#at(row);
    const length = Math.min(key.length, longestKey);
    for (let index = 0; index < length; index += 2)
      words[at + KEY + index / 2] =
        key.charCodeAt(index) | ((index + 1 < length ? key.charCodeAt(index + 1) : 0) << 16);
    words[at + LENGTH] = length;
    const bucket = this.#bucketOf(key);
    words[at + NEXT] = words[bucket] ?? 0;
    words[bucket] = row + 1;
    words[USED] = (words[USED] ?? 0) + 1;
    return row;
  }

  #forgetSomebody(): void {
    const { rows, width } = this.memory;
    const hand = this.#words[HAND] ?? 0;
    let oldest = hand;
    for (let step = 0; step < sample; step++) {
      const row = (hand + step) % rows;
      if ((this.#values[row * width] ?? 0) < (this.#values[oldest * width] ?? 0)) oldest = row;
    }
    this.#words[HAND] = (hand + sample) % rows;
    this.#remove(oldest, this.#keyOf(oldest));
  }

  #remove(row: number, key: string): void {
    const words = this.#words;
    let link = this.#bucketOf(key);
    while ((words[link] ?? 0) !== 0 && words[link] !== row + 1) link = this.#at((words[link] ?? 0) - 1) + NEXT;
    if (words[link] !== row + 1) return;
    words[link] = words[this.#at(row) + NEXT] ?? 0;
    words[this.#at(row) + LENGTH] = 0;
    words[this.#at(row) + NEXT] = words[FREE] ?? 0;
    words[FREE] = row + 1;
    words[USED] = (words[USED] ?? 0) - 1;
  }

  #rowOf(key: string): number {
    const words = this.#words;
    let row = (words[this.#bucketOf(key)] ?? 0) - 1;
    while (row >= 0) {
      if (this.#hasKey(row, key)) return row;
      row = (words[this.#at(row) + NEXT] ?? 0) - 1;
    }
    return -1;
  }

  #hasKey(row: number, key: string): boolean {
    const length = Math.min(key.length, longestKey);
    if (this.#lengthOf(row) !== length) return false;
    for (let index = 0; index < length; index++)
      if (this.#characterOf(row, index) !== key.charCodeAt(index)) return false;
    return true;
  }

  #keyOf(row: number): string {
    let key = "";
    for (let index = 0; index < this.#lengthOf(row); index++) key += String.fromCharCode(this.#characterOf(row, index));
    return key;
  }

  #characterOf(row: number, index: number): number {
    const pair = this.#words[this.#at(row) + KEY + (index >> 1)] ?? 0;
    return (index & 1) === 0 ? pair & 0xffff : pair >>> 16;
  }

  #lengthOf(row: number): number {
    return this.#words[this.#at(row) + LENGTH] ?? 0;
  }

  #at(row: number): number {
    return header + this.memory.rows + row * rowWords;
  }

  /** FNV-1a. */
  #bucketOf(key: string): number {
    let hash = 0x811c9dc5;
    for (let index = 0; index < key.length && index < longestKey; index++)
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    return header + ((hash >>> 0) % this.memory.rows);
  }
}
