/** Generated lives of threads that accept from the same sockets: begun, busy for long, dead, gone, and begun again. */
import { array, assert, constantFrom, integer, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import { AcceptTurns, acceptTurnsMemory } from "../../src/runtime/workers/accept-turns.ts";

const mostThreads = 9;
const turn = 50;

/** What happens in one turn. Who is not named in it begins it like the one before, unless it has left. */
const turns = array(
  record({
    what: constantFrom("joins", "misses", "leaves", "nothing"),
    thread: nat(mostThreads - 1),
    /** The order in which the threads get to it. */
    rotated: nat(mostThreads),
    late: nat(turn - 1),
    /** So many turns nothing else happens. */
    steady: nat(12),
  }),
  { maxLength: 30 },
);

test("as many threads wait as there are processors, and whoever is missing has no turn that others could have", () => {
  assert(
    property(turns, integer({ min: 1, max: 5 }), nat(2 ** 31 - 1), (events, processors, from) => {
      const memory = acceptTurnsMemory();
      let now = from * turn;
      const threads = Array.from(
        { length: mostThreads },
        (_, thread) => new AcceptTurns(memory, { thread: thread + 1, processors, now: () => now }),
      );
      const present = new Set<number>();
      const atATime = Math.max(2, processors);
      let before = new Set<number>();
      /** How often each has waited since the last change. */
      let waited = new Map<number, number>();
      let length = 0;
      const pass = (missing: number | null, rotated: number, late: number): void => {
        const begun = new Set([...present].filter((thread) => thread !== missing));
        const order = [...begun].map((_, index, all) => all[(index + rotated) % all.length] ?? 0);
        const waiting = order.filter((thread, index) => {
          now += index === 0 ? late : 0;
          return threads[thread]?.begin();
        });
        // Of one that comes, or is missed for the first time, not all know in the same turn.
        const isKnown = missing === null && [...begun].every((thread) => before.has(thread));
        if (isKnown) expect(waiting).toHaveLength(Math.min(atATime, begun.size));
        if (isKnown && begun.size === before.size) {
          for (const thread of waiting) waited.set(thread, (waited.get(thread) ?? 0) + 1);
          length += 1;
          if (begun.size > atATime && length === begun.size)
            expect([...waited.values()]).toEqual(Array.from(begun, () => atATime));
        }
        if (!isKnown || begun.size !== before.size || length === begun.size) [waited, length] = [new Map(), 0];
        before = begun;
        now += turn - (now % turn);
      };
      for (const { what, thread, rotated, late, steady } of events) {
        if (what === "joins") present.add(thread);
        if (what === "leaves" && present.delete(thread)) threads[thread]?.leave();
        pass(what === "misses" ? thread : null, rotated, late);
        // It has died, and nobody says so.
        if (what === "misses" && late % 2 === 0) present.delete(thread);
        for (let each = 0; each < steady; each += 1) pass(null, rotated + each, late);
      }
    }),
  );
});

test("the next turn is awaited until it begins", () => {
  const turns = new AcceptTurns(acceptTurnsMemory(), { thread: 1, processors: 1, now: () => 1_020 });
  expect(turns.untilNext).toBe(30);
});
