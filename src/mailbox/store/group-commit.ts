import { type GroupRules, mostWrites, nextGroup } from "./commit-group.ts";

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: whatever waits while a commit is under way goes into the next one, so that one fsync(2) serves many.
 * Nothing waits while no commit is under way. Of items that are heavy, each group has one: the others wait for the next
 * one, and let pass what is light, so that nobody who has little to write waits for more than a heavy item.
 */
export class GroupCommit<Item> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly (Error | null)[]>;
  readonly #rules: GroupRules<Waiting<Item>>;
  #waiting: Waiting<Item>[] = [];
  #committing = false;

  /**
   * @param commit Answers for each item in turn with null, or with why it was not kept; rejects when none was.
   * @param options `limit`: most items in one commit, since the first of them waits for the last. `isHeavy`: what takes as
   * long as a hundred others; nothing by default.
   */
  constructor(
    commit: (items: readonly Item[]) => Promise<readonly (Error | null)[]>,
    {
      limit = mostWrites,
      isHeavy = () => false,
    }: { readonly limit?: number; readonly isHeavy?: (item: Item) => boolean } = {},
  ) {
    this.#commit = commit;
    this.#rules = { limit, sizeOf: () => 1, isHeavy: ({ item }) => isHeavy(item) };
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
      const group = this.#takeGroup();
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

  #takeGroup(): Waiting<Item>[] {
    const { group, later } = nextGroup(this.#waiting, this.#rules);
    this.#waiting = later;
    return group;
  }
}
