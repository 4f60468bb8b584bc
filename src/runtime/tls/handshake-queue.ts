/** Places for handshakes, which other threads may take and give back too. */
export interface HandshakePlaces {
  limit: number;
  tryTake(): boolean;
  giveBack(): void;
  /** Everything has been taken or given back: observers may be notified. */
  settle(): void;
  observe(observer: { full(): void; free(): void }): () => void;
}

/** A place among the running handshakes, or in the queue. */
export interface HandshakePlace {
  /** The handshake is over, or will not take place: the next in the queue begins. Only the first call counts. */
  leave(): void;
}

/** Limits how many of a listener's TLS handshakes run at once; further ones wait, first come first served. */
export class HandshakeQueue {
  /** Of those that run, over all threads. */
  readonly #running: HandshakePlaces;
  #underWay = 0;
  /** Callbacks in order of arrival; one that leaves is removed wherever it is. */
  readonly #waiting = new Set<() => void>();
  #unobserve: (() => void) | null = null;

  constructor(running: HandshakePlaces) {
    this.#running = running;
  }

  /** Starts further ones if there is room now; running ones go on. @param limit as `maxHandshakes`; null for none. */
  setLimit(limit: number | null): void {
    this.#running.limit = limit ?? Number.POSITIVE_INFINITY;
    this.#startWaiting();
  }

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param begin called once, immediately or when it is its turn, and not after `leave()`. */
  enter(begin: () => void): HandshakePlace {
    let state: "waiting" | "underWay" | "left" = "waiting";
    const start = (): void => {
      state = "underWay";
      this.#underWay += 1;
      begin();
    };
    const leave = (): void => {
      if (state === "waiting") this.#waiting.delete(start);
      if (state === "underWay") {
        this.#underWay -= 1;
        this.#running.giveBack();
        this.#running.settle();
      }
      state = "left";
      this.#startWaiting();
    };
    // With room there is no queue. Callbacks that need not wait skip it: a busy Set costs garbage collection.
    if (this.#waiting.size === 0 && this.#running.tryTake()) start();
    else {
      this.#waiting.add(start);
      // Only places that other threads give back have to be heard of.
      this.#unobserve ??= this.#running.observe({ full: () => {}, free: () => this.#startWaiting() });
      this.#running.settle();
      this.#startWaiting();
    }
    return { leave };
  }

  #startWaiting(): void {
    while (this.#waiting.size > 0 && this.#running.tryTake()) this.#startNext();
    if (this.#waiting.size > 0) return;
    this.#unobserve?.();
    this.#unobserve = null;
  }

  #startNext(): void {
    const [start] = this.#waiting;
    if (!start) return;
    this.#waiting.delete(start);
    start();
  }
}
