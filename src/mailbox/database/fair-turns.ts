/**
 * Tasks of one thread that take turns, so that none holds up another for longer than one turn.
 *
 * Whoever has had least is next (start-time fair queueing): a session that asks now and then does not wait for those that
 * search all the time. What is not a task, a read of some rows, is answered between two turns: the thread looks after its
 * messages there.
 */

/** Milliseconds that a task computes before another has its turn. */
const TURN = 10;

/** A task's own turn. */
export interface Turn {
  /** To be asked before each piece of work. @returns null while the turn lasts, else when the next one begins. */
  rest(): Promise<void> | null;
}

interface Task {
  /** Who it is done for. */
  readonly owner: unknown;
  /** The level when it asked for its turn. */
  level: number;
  begin: () => void;
}

export class FairTurns {
  readonly #waiting: Task[] = [];
  #current: Task | null = null;
  /** The share that the current owner had before its turn: newcomers start no lower. */
  #level = 0;
  /** What each owner has had. */
  readonly #had = new Map<unknown, number>();
  #began = 0;
  readonly #now: () => number;

  /** @param now the time in milliseconds; the thread's own by default. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param owner of whatever is done one after the other; null for a task on its own. */
  async run<Result>(owner: number | null, work: (turn: Turn) => Promise<Result>): Promise<Result> {
    const task: Task = { owner: owner ?? Symbol("a task on its own"), level: 0, begin: () => {} };
    await this.#wait(task);
    try {
      return await work({ rest: () => this.#rest(task) });
    } finally {
      this.#leave(task);
    }
  }

  #rest(task: Task): Promise<void> | null {
    if (this.#current !== task || this.#now() - this.#began < TURN) return null;
    this.#end(task);
    return this.#wait(task);
  }

  #wait(task: Task): Promise<void> {
    task.level = this.#level;
    return new Promise((resolve) => {
      task.begin = resolve;
      this.#waiting.push(task);
      if (!this.#current) this.#next();
    });
  }

  /** Something of it may wait for a turn although its result is known: that goes on, and ends. */
  #leave(task: Task): void {
    const index = this.#waiting.indexOf(task);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      task.begin();
    } else if (this.#current === task) this.#end(task);
  }

  #end(task: Task): void {
    this.#had.set(task.owner, this.#startOf(task) + this.#now() - this.#began);
    this.#current = null;
    this.#next();
  }

  /** Who waits for nothing and is at the level is as good as new. */
  #forget(): void {
    const waiting = new Set(this.#waiting.map(({ owner }) => owner));
    for (const [owner, had] of this.#had) if (had <= this.#level && !waiting.has(owner)) this.#had.delete(owner);
  }

  /** Nobody is owed for the time in which nothing was asked. */
  #startOf({ owner, level }: Task): number {
    return Math.max(level, this.#had.get(owner) ?? 0);
  }

  /** Messages to the thread come first. */
  #next(): void {
    const next = this.#waiting.reduce<Task | null>((first, task) => {
      return first && this.#startOf(first) <= this.#startOf(task) ? first : task;
    }, null);
    if (!next) {
      this.#had.clear();
      this.#level = 0;
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#current = next;
    this.#level = this.#startOf(next);
    this.#forget();
    setImmediate(() => {
      this.#began = this.#now();
      next.begin();
    });
  }
}
