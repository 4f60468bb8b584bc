/** A place among the running handshakes, or in the queue. */
export interface HandshakePlace {
  /** The handshake is over, or will not take place: the next in the queue begins. Only the first call counts. */
  leave(): void;
}

/** Limits how many of a listener's TLS handshakes run at once; further ones wait, first come first served. */
export class HandshakeQueue {
  #limit: number;
  #underWay = 0;
  /** Callbacks in order of arrival; one that leaves is removed wherever it is. */
  readonly #waiting = new Set<() => void>();

  /** @param limit as `maxHandshakes`; null for none. */
  constructor(limit: number | null) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Starts further ones if there is room now; running ones go on. */
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
      if (state === "underWay") this.#underWay -= 1;
      state = "left";
      this.#startNext();
    };
    // With room there is no queue. Callbacks that need not wait skip it: a busy Set costs garbage collection.
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
