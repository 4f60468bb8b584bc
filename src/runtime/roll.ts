/** Something that can be on one roll. */
export interface Enrolled {
  /** Its place on the roll; -1 while it is on none. The roll's own. */
  place: number;
}

/**
 * Those who are there, in no order. In the place of a Set, whose outgrown tables point to those that follow them: one that
 * has become old keeps whoever came and went since then from being collected as young, which costs more the more come and go.
 */
export class Roll<Member extends Enrolled> {
  readonly #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** @param member must be on no roll. */
  add(member: Member): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** Safe to call again. */
  delete(member: Member): void {
    const { place } = member;
    if (place < 0) return;
    member.place = -1;
    const last = this.#members.pop();
    if (!last || last === member) return;
    last.place = place;
    this.#members[place] = last;
  }

  /** Those who are there now: who comes or goes meanwhile changes nothing about it. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.#members.slice().values();
  }
}
