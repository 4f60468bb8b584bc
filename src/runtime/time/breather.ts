/** Splits long work on the event loop, so that others have a turn in between. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds of work in one turn. */
const share = 10;

export class Breather {
  /** When this turn's work began; null in a turn without any. */
  #began: number | null = null;
  #line: Promise<void> = Promise.resolve();

  /** Await it before each piece of work; no piece may take long. Null while there is time left in this turn. */
  rest(): Promise<void> | null {
    return this.#hasTime() ? null : this.#wait();
  }

  /** The same for work started by many at once: they take turns. */
  inLine(): Promise<void> {
    this.#line = this.#line.then(() => this.rest() ?? undefined);
    return this.#line;
  }

  /** One after the other. */
  async forEach<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
    for (const item of items) {
      const rest = this.rest();
      if (rest) await rest;
      work(item);
    }
  }

  /** The same for work that goes on in promises: what they do meanwhile counts as this turn's, too. */
  async beginEach<Item>(items: Iterable<Item>, begin: (item: Item) => void): Promise<void> {
    for (const item of items) {
      await this.rest();
      begin(item);
    }
  }

  /** Starts the work on each, waits for all of it, then throws every error at once. @throws AggregateError */
  async settle<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
    const begun: Promise<void>[] = [];
    await this.beginEach(items, (item) => {
      const under = work(item);
      // Reported below.
      under.catch(() => {});
      begun.push(under);
    });
    const outcomes = await Promise.allSettled(begun);
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (errors.length > 0) throw new AggregateError(errors);
  }

  #hasTime(): boolean {
    const now = performance.now();
    if (this.#began !== null) return now - this.#began < share;
    this.#began = now;
    setImmediate(this.#endTurn);
    return true;
  }

  async #wait(): Promise<void> {
    do await nextTurn();
    while (!this.#hasTime());
  }

  readonly #endTurn = (): void => {
    this.#began = null;
  };
}
