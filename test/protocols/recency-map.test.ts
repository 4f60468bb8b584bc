import fc from "fast-check";
import { expect, test } from "vitest";
import { RecencyMap } from "../../src/protocols/recency-map.ts";

test("knows what was set the longest ago, as a Map's order does", () => {
  const step = fc.oneof(
    fc.constantFrom(..."abcdef").map((key) => ({ key })),
    fc.constant({ key: null }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new RecencyMap<number>();
      const plain = new Map<string, number>();
      steps.forEach(({ key }, at) => {
        if (key === null) {
          map.deleteOldest();
          for (const first of [...plain.keys()].slice(0, 1)) plain.delete(first);
        } else {
          map.set(key, at);
          plain.delete(key);
          plain.set(key, at);
        }
        expect([map.size, map.oldest]).toEqual([plain.size, [...plain.values()][0]]);
        for (const one of "abcdef") expect(map.get(one)).toBe(plain.get(one));
      });
    }),
  );
});
