/** A place among the handshakes under way, or in the queue for one. */
export interface HandshakePlace {
  /** The handshake is over, or will not be: the next in the queue begins. Only the first call counts. */
  leave(): void;
}

/** Lets so many TLS handshakes of a listener be under way at once; further ones wait their turn, first come first served. */
export class HandshakeQueue {
  #limit: number;
  #underWay = 0;
  /** Beginnings in the order of their coming; one that leaves is taken out wherever it stands. */
  readonly #waiting = new Set<() => void>();

  /** @param limit as `maxHandshakes`; null for none. */
  constructor(limit: number | null) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Lets further ones begin where there is room now; whoever is under way goes on. */
  setLimit(limit: number | null): void {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    while (this.#waiting.size > 0 && this.#underWay < this.#limit) this.#startNext();
  }

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param begin called once, at once or when it is its turn, and not after `leave()`. */
  enter(begin: () => void): HandshakePlace {
    let state: "waiting" | "underWay" | "left" = "waiting";
    const start = (): void => {
      state = "underWay";
      this.#underWay += 1;
      begin();
    };
    const leave = (): void => {
      if (state === "waiting") this.#waiting.delete(start);
      if (state === "underWay") this.#underWay -= 1;
      state = "left";
      this.#startNext();
    };
    // Nobody waits while there is room. Who need not wait is not put there: a Set that many pass through costs garbage collection.
    if (this.#underWay < this.#limit) start();
    else this.#waiting.add(start);
    return { leave };
  }

  #startNext(): void {
    const [start] = this.#underWay < this.#limit ? this.#waiting : [];
    if (!start) return;
    this.#waiting.delete(start);
    start();
  }
}
