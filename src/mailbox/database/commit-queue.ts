import { isHeavy } from "../store/heavy-writes.ts";
import type { Write } from "../store/store-calls.ts";

/** What one thread wants to have committed together. */
export interface Batch<Caller> {
  readonly caller: Caller;
  /** Of the call. */
  readonly number: number;
  readonly writes: readonly Write[];
}

/** Most writes in one commit, since the first of them waits for the last. */
const mostWrites = 256;

/**
 * Group commit over all threads that write: what came from any of them while a commit was under way goes into the next
 * one, so that one fsync(2) serves all. Of batches with heavy writes, each commit has one.
 */
export class CommitQueue<Caller> {
  readonly #commit: (batches: readonly Batch<Caller>[]) => void;
  #waiting: Batch<Caller>[] = [];
  #isPlanned = false;

  /** @param commit carries out the batches in one transaction, and answers them */
  constructor(commit: (batches: readonly Batch<Caller>[]) => void) {
    this.#commit = commit;
  }

  add(batch: Batch<Caller>): void {
    this.#waiting.push(batch);
    this.#plan();
  }

  /** Leaves nothing waiting. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit(this.#takeGroup());
  }

  /** What has come by other ports is taken before. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      if (this.#waiting.length === 0) return;
      const group = this.#takeGroup();
      if (this.#waiting.length > 0) this.#plan();
      this.#commit(group);
    });
  }

  /** In the order in which they came. */
  #takeGroup(): Batch<Caller>[] {
    const group: Batch<Caller>[] = [];
    const later: Batch<Caller>[] = [];
    let [count, hasHeavy] = [0, false];
    for (const batch of this.#waiting) {
      const heavy = batch.writes.some(isHeavy);
      const fits = count + batch.writes.length <= mostWrites && !(heavy && hasHeavy);
      if (group.length > 0 && !fits) {
        later.push(batch);
        continue;
      }
      group.push(batch);
      count += batch.writes.length;
      hasHeavy ||= heavy;
    }
    this.#waiting = later;
    return group;
  }
}
