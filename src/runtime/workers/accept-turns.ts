import { mostThreads } from "../shared/shared-counters.ts";
import type { Turns } from "../sockets/exclusive-wakes.ts";

/** How long a turn is, in milliseconds. */
const turn = 50;
/** So many threads wait at least: one may be busy. */
const fewest = 2;
/** A thread's cell while it accepts from nothing. */
const absent = 0;

export interface AcceptTurnsOptions {
  /** This thread's number in shared memory. */
  readonly thread: number;
  /** So many threads can run at once. */
  readonly processors: number;
  /** Milliseconds by a clock that all threads have. */
  now(): number;
}

/** For each thread the turn in which it was last seen. */
export function acceptTurnsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(mostThreads * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * Which of the threads that accept from the same sockets wait for clients: as many as there are processors, in turns.
 * Where there are more, the others would only take a processor from them.
 *
 * A thread is counted while it is seen in every turn. One that has died, ended, or whose event loop is busy for long
 * misses the next, and then has no turn that others could have.
 */
export class AcceptTurns implements Turns {
  readonly #lastSeen: Int32Array;
  readonly #options: AcceptTurnsOptions;

  constructor(memory: SharedArrayBuffer, options: AcceptTurnsOptions) {
    this.#lastSeen = new Int32Array(memory);
    this.#options = options;
  }

  get untilNext(): number {
    return turn - (this.#options.now() % turn);
  }

  begin(): boolean {
    const { thread, processors, now } = this.#options;
    // Int32, as in memory.
    const current = Math.floor(now() / turn) | 0;
    Atomics.store(this.#lastSeen, thread, current);
    const [own, present] = this.#place(current);
    const atATime = Math.max(fewest, processors);
    const first = (current * atATime) % present;
    return (own - first + 2 * present) % present < atATime;
  }

  leave(): void {
    Atomics.store(this.#lastSeen, this.#options.thread, absent);
  }

  /** How many are present before this thread, and how many altogether. */
  #place(current: number): [own: number, present: number] {
    let [own, present] = [0, 0];
    for (let thread = 0; thread < mostThreads; thread++) {
      const seen = Atomics.load(this.#lastSeen, thread);
      if (thread === this.#options.thread) own = present;
      else if (seen === absent || Math.abs((current - seen) | 0) > 1) continue;
      present += 1;
    }
    return [own, present];
  }
}
