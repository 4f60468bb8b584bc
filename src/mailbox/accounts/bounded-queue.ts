/** More jobs wait than the queue holds; try again later. */
export class QueueFullError extends Error {
  readonly code = "queue-full";

  constructor(waiting: number) {
    super(`${waiting} jobs wait already; try again later.`);
    this.name = "QueueFullError";
  }
}

/** Runs jobs in the order they came: at most `concurrency` at once, and at most `waiting` behind those. */
export class BoundedQueue {
  readonly #concurrency: number;
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: { concurrency: number; waiting: number }) {
    this.#concurrency = options.concurrency;
    this.#limit = options.waiting;
  }

  /** @throws QueueFullError when too many jobs wait; the job is then never started. */
  async run<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#concurrency) {
      if (this.#waiting.length >= this.#limit) throw new QueueFullError(this.#waiting.length);
      // The place is handed over by the job that ends, so `#running` is not counted twice.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
