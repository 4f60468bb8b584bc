/** The latest of many, each with its time and its number. */

export interface Numbered<Item> {
  readonly item: Item;
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly number: number;
}

/** What is full takes a new one in the place of the oldest: it allocates nothing then. */
export class Latest<Item> {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  readonly #times: number[] = [];
  readonly #numbers: number[] = [];
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(item: Item, at: number, number: number): void {
    this.#items[this.#next] = item;
    this.#times[this.#next] = at;
    this.#numbers[this.#next] = number;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** The newest first. */
  *[Symbol.iterator](): Generator<Numbered<Item>> {
    const count = this.#items.length;
    for (let back = 1; back <= count; back += 1) {
      const index = (this.#next - back + count) % count;
      const item = this.#items[index];
      if (item !== undefined) yield { item, at: this.#times[index] ?? 0, number: this.#numbers[index] ?? 0 };
    }
  }
}
