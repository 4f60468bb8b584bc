import fc from "fast-check";
import { expect, test } from "vitest";
import { type JsonTree, mergePatch } from "../../../src/management/live/merge-patch.ts";

/** RFC 7396 section 2, as it stands there. */
function apply(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === "object" && target !== null && !Array.isArray(target);
  const members = new Map(isObject ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, apply(members.get(name), value));
  }
  return Object.fromEntries(members);
}

const name = fc.oneof(fc.constantFrom("__proto__", "constructor", "a", "b"), fc.string());
const trees = fc.letrec<{ tree: JsonTree; value: unknown }>((tie) => ({
  tree: fc
    .uniqueArray(fc.tuple(name, tie("value")), { selector: ([key]) => key, maxLength: 5 })
    .map(Object.fromEntries),
  value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()), tie("tree")),
})).tree;

test("a merge patch turns one object into the other, and there is none where they are equal", () => {
  fc.assert(
    fc.property(trees, trees, (before, after) => {
      const patch = mergePatch(before, after);
      expect(patch === null ? before : apply(before, patch)).toEqual(after);
      expect(mergePatch(after, after)).toBeNull();
    }),
  );
});

test("it holds what differs, and nothing else", () => {
  const before = { smtp: { connections: 1, state: "listening" }, imap: { connections: 3 } };
  const after = { smtp: { connections: 2, state: "listening" } };
  expect(mergePatch(before, after)).toEqual({ imap: null, smtp: { connections: 2 } });
});
