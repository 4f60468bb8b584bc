/** Something that can be in one list. */
export interface ListMember {
  /** Its place in the list; -1 while it is in none. Managed by the list. */
  place: number;
}

/** How many places may be empty, beyond as many as are taken, before the list is compacted. */
const slack = 32;

/**
 * The members in the order in which they were added. Used instead of a Set: a Set's outgrown tables point to those that
 * follow them, so that one that has reached the old generation keeps everything added and removed since then from being
 * collected as young, at a cost that grows with the turnover.
 */
export class ConnectionList<Member extends ListMember> {
  /**
   * Up to `#end`; a removed member leaves a gap. The array is never replaced: an outgrown one would hold on to members
   * too.
   */
  readonly #places: (Member | undefined)[] = [];
  #end = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param member must be in no list. */
  add(member: Member): void {
    if (this.#end >= 2 * this.#size + slack) this.#closeUp();
    member.place = this.#end;
    this.#places[this.#end] = member;
    this.#end++;
    this.#size++;
  }

  /** Safe to call again. */
  delete(member: Member): void {
    const { place } = member;
    if (place < 0) return;
    member.place = -1;
    this.#places[place] = undefined;
    this.#size--;
  }

  /** The members at the time of the call: later additions and removals do not affect it. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.#places.filter((member) => member !== undefined).values();
  }

  #closeUp(): void {
    const members = [...this];
    this.#places.fill(undefined, 0, this.#end);
    this.#end = 0;
    for (const member of members) {
      member.place = this.#end;
      this.#places[this.#end] = member;
      this.#end++;
    }
  }
}
