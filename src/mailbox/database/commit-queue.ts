import { type GroupRules, mostWrites, nextGroup } from "../store/commit-group.ts";
import { isHeavy } from "../store/heavy-writes.ts";
import type { Write } from "../store/store-calls.ts";

/** What one thread wants to have committed together. */
export interface Batch<Caller> {
  readonly caller: Caller;
  /** Of the call. */
  readonly number: number;
  readonly writes: readonly Write[];
}

const rules: GroupRules<Pick<Batch<unknown>, "writes">> = {
  limit: mostWrites,
  sizeOf: ({ writes }) => writes.length,
  isHeavy: ({ writes }) => writes.some(isHeavy),
};

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

  #takeGroup(): Batch<Caller>[] {
    const { group, later } = nextGroup(this.#waiting, rules);
    this.#waiting = later;
    return group;
  }
}
