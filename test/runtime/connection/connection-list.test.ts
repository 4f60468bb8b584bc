import fc from "fast-check";
import { expect, test } from "vitest";
import { ConnectionList, type ListMember } from "../../../src/runtime/connection/connection-list.ts";

class Member implements ListMember {
  place = -1;
}

test("a roll has those who came and have not gone, in the order of their coming", () => {
  const steps = fc.array(fc.record({ come: fc.boolean(), which: fc.nat(150) }), { maxLength: 300, size: "max" });
  fc.assert(
    fc.property(steps, (each) => {
      const roll = new ConnectionList<Member>();
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
        expect([...roll]).toEqual([...inside]);
      }
    }),
  );
});

test("whoever goes while all are called is no reason to leave another out", () => {
  const roll = new ConnectionList<Member>();
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

test("those who stay keep their order while many others come and go", () => {
  const roll = new ConnectionList<Member>();
  const staying: Member[] = [];
  for (let index = 0; index < 1_000; index++) {
    const member = new Member();
    roll.add(member);
    if (index % 10 === 0) staying.push(member);
    else roll.delete(member);
    expect(member.place).toBeLessThan(index % 10 === 0 ? 2 * staying.length + 32 : 1);
  }
  expect([...roll]).toEqual(staying);
  for (const member of staying) roll.delete(member);
  expect(roll.size).toBe(0);
});
