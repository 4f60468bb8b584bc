/** Milliseconds after which a lock is taken from its holder: what it protects takes microseconds. */
const longest = 1_000;
const spins = 200;

/** A lock in shared memory. Its holder is known, so that one who dies with it does not keep it. */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #at: number;
  /** What the lock holds while it is this thread's. */
  readonly #own: number;

  constructor(words: Int32Array, { at, thread }: { readonly at: number; readonly thread: number }) {
    this.#words = words;
    this.#at = at;
    this.#own = thread + 1;
  }

  /** Carries the work out alone; it must not wait for anything. */
  alone<Result>(work: () => Result): Result {
    this.#acquire();
    try {
      return work();
    } finally {
      if (Atomics.compareExchange(this.#words, this.#at, this.#own, 0) === this.#own)
        Atomics.notify(this.#words, this.#at, 1);
    }
  }

  /** Opens it if this thread, which has ended, had it. */
  releaseOf(thread: number): void {
    if (Atomics.compareExchange(this.#words, this.#at, thread + 1, 0) === thread + 1)
      Atomics.notify(this.#words, this.#at, 1);
  }

  #acquire(): void {
    const [words, at, own] = [this.#words, this.#at, this.#own];
    for (let spin = 0; spin < spins; spin++) if (Atomics.compareExchange(words, at, 0, own) === 0) return;
    let since = performance.now();
    let seen = Atomics.load(words, at);
    for (;;) {
      const holder = Atomics.compareExchange(words, at, 0, own);
      if (holder === 0) return;
      if (holder !== seen) [seen, since] = [holder, performance.now()];
      else if (performance.now() - since > longest && Atomics.compareExchange(words, at, holder, own) === holder)
        return;
      Atomics.wait(words, at, holder, 1);
    }
  }
}
