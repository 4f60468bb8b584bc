/** Something that can be on one roll. */
export interface ListMember {
  /** Its place on the roll; -1 while it is on none. The roll's own. */
  place: number;
}

/** Places that are left empty before those behind them close up, besides as many as are taken. */
const slack = 32;

/**
 * Those who are there, in the order in which they came. In the place of a Set, whose outgrown tables point to those that
 * follow them: one that has become old keeps whoever came and went since then from being collected as young, which costs
 * more the more come and go.
 */
export class ConnectionList<Member extends ListMember> {
  /** Up to `#end`; who has gone leaves a place empty. It is not made shorter: an array that was outgrown would hold on to members, too. */
  readonly #places: (Member | undefined)[] = [];
  #end = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param member must be on no roll. */
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

  /** Those who are there now: who comes or goes meanwhile changes nothing about it. */
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
