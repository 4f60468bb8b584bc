interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  /** Set again just before this one. */
  older: Entry<Value> | null;
  newer: Entry<Value> | null;
}

/**
 * A map that knows which entry was set the longest ago, in constant time. A Map's own order would tell it, too, but V8 looks
 * for the first entry behind all that were deleted since the table was last made again: tens of thousands, where each new entry
 * makes the oldest give way.
 */
export class RecencyMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  #oldest: Entry<Value> | null = null;
  #newest: Entry<Value> | null = null;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The value of the entry that was set the longest ago. */
  get oldest(): Value | undefined {
    return this.#oldest?.value;
  }

  /** The entry is the newest one from here on. */
  set(key: string, value: Value): void {
    const before = this.#entries.get(key);
    if (before) this.#unlink(before);
    const entry: Entry<Value> = { key, value, older: this.#newest, newer: null };
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.#entries.set(key, entry);
  }

  /** From the one set the longest ago to the newest. */
  *entries(): Generator<readonly [string, Value]> {
    for (let entry = this.#oldest; entry; entry = entry.newer) yield [entry.key, entry.value];
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#unlink(entry);
    this.#entries.delete(key);
  }

  deleteOldest(): void {
    if (this.#oldest) this.delete(this.#oldest.key);
  }

  #unlink({ older, newer }: Entry<Value>): void {
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }
}
