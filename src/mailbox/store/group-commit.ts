/**
 * Group commit: whatever waits while a commit is under way goes into the next one, so that one fsync(2) serves many.
 * Nothing waits while no commit is under way.
 */
export class GroupCommit<Item> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly (Error | null)[]>;
  readonly #limit: number;
  #waiting: { item: Item; resolve: () => void; reject: (error: Error) => void }[] = [];
  #committing = false;

  /**
   * @param commit Answers for each item in turn with null, or with why it was not kept; rejects when none was.
   * @param limit Most items in one commit, since the first of them waits for the last.
   */
  constructor(commit: (items: readonly Item[]) => Promise<readonly (Error | null)[]>, limit = 256) {
    this.#commit = commit;
    this.#limit = limit;
  }

  /** Resolves when the commit that holds the item is done. */
  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#committing) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#committing = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#limit);
      const results = await this.#commit(group.map(({ item }) => item)).catch((error: unknown) => {
        const failure = error instanceof Error ? error : new Error(String(error));
        return group.map(() => failure);
      });
      for (const [index, { resolve, reject }] of group.entries()) {
        const failure = results[index];
        if (failure) reject(failure);
        else resolve();
      }
    }
    this.#committing = false;
  }
}
