/** More jobs wait than the queue holds; try again later. */
export class QueueFullError extends Error {
  readonly code = "queue-full";

  constructor(waiting: number) {
    super(`${waiting} jobs wait already; try again later.`);
    this.name = "QueueFullError";
  }
}

/** The client that a job belongs to. */
export interface QueuePlace {
  /** Lines take turns, each in the order in which its jobs came; jobs without one share one. */
  readonly line?: string;
  /** Aborting it gives up the place in the queue; a job that has started goes on. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  start(): void;
  refuse(reason: unknown): void;
}

/**
 * Runs jobs, at most `concurrency` at once, and at most `waiting` behind those. Whoever brings many waits behind the few of
 * others, and when the queue is full it is the longest line that loses its last one.
 */
export class FairQueue {
  readonly #concurrency: number;
  readonly #limit: number;
  /** The one whose turn is next comes first. */
  readonly #lines = new Map<string, Waiting[]>();
  #waiting = 0;
  #running = 0;

  constructor(options: { concurrency: number; waiting: number }) {
    this.#concurrency = options.concurrency;
    this.#limit = options.waiting;
  }

  /**
   * @throws QueueFullError when too many jobs wait; the job is then never started.
   * @throws the signal's reason when it is aborted before the job has started.
   */
  async run<Result>(job: () => Promise<Result>, { line = "", signal }: QueuePlace = {}): Promise<Result> {
    signal?.throwIfAborted();
    // The place is handed over by the job that ends, so `#running` is not counted twice.
    if (this.#running >= this.#concurrency) await this.#wait(line, signal);
    else this.#running += 1;
    try {
      return await job();
    } finally {
      const next = this.#next();
      if (next) next.start();
      else this.#running -= 1;
    }
  }

  #wait(line: string, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const aborted = (): void => {
      this.#remove(line, waiting);
      reject(signal?.reason);
    };
    const waiting: Waiting = {
      start: () => {
        signal?.removeEventListener("abort", aborted);
        resolve();
      },
      refuse: (reason) => {
        signal?.removeEventListener("abort", aborted);
        reject(reason);
      },
    };
    if (this.#waiting >= this.#limit) this.#makeRoom(line);
    const jobs = this.#lines.get(line);
    if (jobs) jobs.push(waiting);
    else this.#lines.set(line, [waiting]);
    this.#waiting += 1;
    signal?.addEventListener("abort", aborted);
    return promise;
  }

  /** @throws QueueFullError where no other line is longer than this one would become. */
  #makeRoom(line: string): void {
    const full = new QueueFullError(this.#waiting);
    const [longest, jobs] = [...this.#lines].reduce(
      (a, b) => (b[1].length > a[1].length ? b : a),
      ["", [] as Waiting[]],
    );
    const last = jobs.at(-1);
    if (!last || jobs.length <= (this.#lines.get(line)?.length ?? 0) + 1) throw full;
    this.#remove(longest, last);
    last.refuse(full);
  }

  #next(): Waiting | undefined {
    for (const [line, jobs] of this.#lines) {
      const first = jobs.shift();
      this.#lines.delete(line);
      if (jobs.length > 0) this.#lines.set(line, jobs);
      if (first) this.#waiting -= 1;
      return first;
    }
    return undefined;
  }

  #remove(line: string, waiting: Waiting): void {
    const jobs = this.#lines.get(line);
    const at = jobs?.indexOf(waiting) ?? -1;
    if (!jobs || at < 0) return;
    jobs.splice(at, 1);
    if (jobs.length === 0) this.#lines.delete(line);
    this.#waiting -= 1;
  }
}
