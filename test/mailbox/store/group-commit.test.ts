import { expect, test } from "vitest";
import { GroupCommit } from "../../../src/mailbox/store/group-commit.ts";

test("What comes during a commit goes into the next one together, up to the limit.", async () => {
  const groups: number[][] = [];
  const group = new GroupCommit<number>(
    async (items) => {
      groups.push([...items]);
      await new Promise((resolve) => setImmediate(resolve));
      return items.map(() => null);
    },
    { limit: 3 },
  );
  await Promise.all([1, 2, 3, 4, 5, 6].map((item) => group.add(item)));
  expect(groups).toEqual([[1], [2, 3, 4], [5, 6]]);
});

test("A group has one heavy item; what is light does not wait for the others.", async () => {
  const groups: string[][] = [];
  const group = new GroupCommit<string>(
    async (items) => {
      groups.push([...items]);
      await new Promise((resolve) => setImmediate(resolve));
      return items.map(() => null);
    },
    { limit: 3, isHeavy: (item) => item.startsWith("heavy") },
  );
  const items = ["first", "heavy 1", "heavy 2", "a", "heavy 3", "b", "c"];
  await Promise.all(items.map((item) => group.add(item)));
  expect(groups).toEqual([["first"], ["heavy 1", "a", "b"], ["heavy 2", "c"], ["heavy 3"]]);
});

test("A failure of one item is its own; a failure of the commit is everybody's; afterwards it goes on.", async () => {
  const group = new GroupCommit<string>(async (items) => {
    if (items.includes("fatal")) throw new Error("all");
    return items.map((item) => (item === "bad" ? new Error("one") : null));
  });
  const settle = async (items: string[]) =>
    (await Promise.allSettled(items.map((item) => group.add(item)))).map((result) =>
      result.status === "rejected" ? result.reason.message : "kept",
    );
  expect(await settle(["good", "bad", "good"])).toEqual(["kept", "one", "kept"]);
  expect(await settle(["good", "fatal", "good"])).toEqual(["kept", "all", "all"]);
  expect(await settle(["good"])).toEqual(["kept"]);
});
