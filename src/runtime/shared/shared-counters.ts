/**
 * Numbers that several threads count together, each with a cap: one word for all threads, and a cell for each thread that
 * says how much of it is its own, so that what a dead thread had taken is given back exactly.
 *
 * A word and its cell are changed one right after the other. A thread ends where the engine looks for it, at the start of
 * a function and in each round of a loop, and neither lies in between.
 */

/** Numbers at once. Untouched memory takes no room. */
export const mostCounters = 8_192;
/** Rows of cells, one for each thread, and one for nobody. */
export const mostThreads = 128;
/** The highest number of a thread, those that are being replaced included; the main thread is 0. */
export const lastThread = mostThreads - 2;

/** No thread has this number: what its cells hold is set aside. */
const ASIDE = mostThreads - 1;

/** A cap that nothing reaches. */
export const noLimit = 0x7fff_ffff;

/** Each number has a line of the processor's cache of its own. */
const stride = 16;
/** With what is set aside. */
const TAKEN = 0;
const LIMIT = 1;
/** Grows whenever the number reaches its cap, leaves it, or becomes zero. */
const VERSION = 2;

export interface CounterMemory {
  readonly words: SharedArrayBuffer;
  readonly cells: SharedArrayBuffer;
}

export function counterMemory(): CounterMemory {
  return {
    words: new SharedArrayBuffer(mostCounters * stride * Int32Array.BYTES_PER_ELEMENT),
    cells: new SharedArrayBuffer(mostThreads * mostCounters * Int32Array.BYTES_PER_ELEMENT),
  };
}

export class SharedCounters {
  readonly memory: CounterMemory;
  /** The thread that takes and gives back here. */
  readonly thread: number;
  readonly #words: Int32Array;
  readonly #cells: Int32Array;

  constructor(memory: CounterMemory, thread: number) {
    this.memory = memory;
    this.thread = thread;
    this.#words = new Int32Array(memory.words);
    this.#cells = new Int32Array(memory.cells);
  }

  taken(counter: number): number {
    return Atomics.load(this.#words, counter * stride + TAKEN) - this.#aside(counter);
  }

  /** How much may still be taken; below zero where more is taken, or set aside, than the cap allows. */
  left(counter: number): number {
    const at = counter * stride;
    return Atomics.load(this.#words, at + LIMIT) - Atomics.load(this.#words, at + TAKEN);
  }

  /**
   * Of the cap so much is nobody's here, whatever is taken at this moment: from here on nothing more is taken than the rest.
   * For one thread only.
   */
  setAside(counter: number, amount: number): void {
    const before = Atomics.exchange(this.#cells, this.#cellOf(ASIDE, counter), amount);
    if (before === amount) return;
    Atomics.add(this.#words, counter * stride + TAKEN, amount - before);
    this.#wake(counter * stride);
  }

  /** Whoever waits looks again. */
  wake(counter: number): void {
    this.#wake(counter * stride);
  }

  limit(counter: number): number {
    return Atomics.load(this.#words, counter * stride + LIMIT);
  }

  setLimit(counter: number, limit: number): void {
    Atomics.store(this.#words, counter * stride + LIMIT, limit);
    this.#wake(counter * stride);
  }

  /** Nothing is taken where the number has reached its cap: no interleaving gets past it. */
  tryTake(counter: number): boolean {
    const [words, at, cell] = [this.#words, counter * stride, this.#cellOf(this.thread, counter)];
    for (;;) {
      const taken = Atomics.load(words, at + TAKEN);
      const limit = Atomics.load(words, at + LIMIT);
      if (taken >= limit) return false;
      if (Atomics.compareExchange(words, at + TAKEN, taken, taken + 1) !== taken) continue;
      Atomics.add(this.#cells, cell, 1);
      if (taken + 1 === limit) this.#wake(at);
      return true;
    }
  }

  giveBack(counter: number): void {
    const at = counter * stride;
    Atomics.sub(this.#cells, this.#cellOf(this.thread, counter), 1);
    const before = Atomics.sub(this.#words, at + TAKEN, 1);
    const isLast = before - this.#aside(counter) === 1;
    if (isLast || before >= Atomics.load(this.#words, at + LIMIT)) this.#wake(at);
  }

  /** How much of the number a thread has taken. */
  takenBy(thread: number, counter: number): number {
    return Atomics.load(this.#cells, this.#cellOf(thread, counter));
  }

  /** Gives back all that a thread had taken, which has ended. @returns how much that was, over all numbers. */
  giveBackAllOf(thread: number): number {
    let sum = 0;
    for (let counter = 0; counter < mostCounters; counter++) {
      const own = Atomics.exchange(this.#cells, this.#cellOf(thread, counter), 0);
      if (own === 0) continue;
      Atomics.sub(this.#words, counter * stride + TAKEN, own);
      this.#wake(counter * stride);
      sum += own;
    }
    return sum;
  }

  /** What a waiter has seen; hand it to `changed`. */
  version(counter: number): number {
    return Atomics.load(this.#words, counter * stride + VERSION);
  }

  /** Resolves as soon as the version is another one. */
  async changed(counter: number, version: number): Promise<void> {
    const { async: waits, value } = Atomics.waitAsync(this.#words, counter * stride + VERSION, version);
    if (waits) await value;
  }

  /** Empties a number, for its next use. */
  reset(counter: number): void {
    Atomics.store(this.#words, counter * stride + TAKEN, 0);
    for (let thread = 0; thread < mostThreads; thread++) Atomics.store(this.#cells, this.#cellOf(thread, counter), 0);
  }

  #aside(counter: number): number {
    return Atomics.load(this.#cells, this.#cellOf(ASIDE, counter));
  }

  #wake(at: number): void {
    Atomics.add(this.#words, at + VERSION, 1);
    Atomics.notify(this.#words, at + VERSION);
  }

  #cellOf(thread: number, counter: number): number {
    return thread * mostCounters + counter;
  }
}
