import fc from "fast-check";
import { expect, test } from "vitest";
import { type Enrolled, Roll } from "../../src/runtime/roll.ts";

class Member implements Enrolled {
  place = -1;
}

test("a roll has those who came and have not gone, in whatever order they come and go", () => {
  const steps = fc.array(fc.record({ come: fc.boolean(), which: fc.nat(20) }), { maxLength: 80 });
  fc.assert(
    fc.property(steps, (each) => {
      const roll = new Roll<Member>();
      const inside = new Set<Member>();
      const all: Member[] = [];
      for (const { come, which } of each) {
        const member = come ? new Member() : all[which];
        if (!member) continue;
        if (come) {
          all.push(member);
          roll.add(member);
          inside.add(member);
        } else {
          roll.delete(member);
          inside.delete(member);
        }
        expect(roll.size).toBe(inside.size);
        expect(new Set(roll)).toEqual(inside);
      }
    }),
  );
});

test("whoever goes while all are called is no reason to leave another out", () => {
  const roll = new Roll<Member>();
  const members = Array.from({ length: 5 }, () => new Member());
  for (const member of members) roll.add(member);
  const called: Member[] = [];
  for (const member of roll) {
    called.push(member);
    roll.delete(member);
  }
  expect(called).toEqual(members);
  expect(roll.size).toBe(0);
});
