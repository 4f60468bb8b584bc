/** The reload machine by itself: every state is reached, and a failure of each step ends where it should. */

import { expect, test } from "vitest";
import { createActor, fromPromise, waitFor } from "xstate";
import { EffectNotProvided, reloadMachine } from "../../src/machines/index.ts";

type Step = "planReload" | "stageReload" | "swapStaged" | "retireReplaced" | "discardStaged";

/** Runs the machine with steps that only say that they were taken; one of them may fail, or never end. */
function running(failing: Step | null = null, hanging: Step | null = null) {
  const log: string[] = [];
  const step = (name: Step) =>
    fromPromise<void, { document: number | null }>(async ({ input }) => {
      log.push(`${name} ${input.document}`);
      if (name === failing) throw new Error(name);
      if (name === hanging) await new Promise(() => {});
    });
  const actor = createActor(
    reloadMachine.provide({
      actors: {
        planReload: step("planReload"),
        stageReload: step("stageReload"),
        swapStaged: step("swapStaged"),
        retireReplaced: step("retireReplaced"),
        discardStaged: step("discardStaged"),
      },
      actions: {
        reportCarriedOut: ({ context }) => void log.push(`carried out ${context.document}`),
        reportRejected: ({ context }) => void log.push(`rejected ${context.document}: ${context.error}`),
      },
    }),
  );
  const states: unknown[] = [];
  actor.subscribe(({ value }) => {
    if (states.at(-1) !== value) states.push(value);
  });
  actor.start();
  return { actor, log, states };
}

test("a document goes through validating, staging, swapping and retiring", async () => {
  const { actor, log, states } = running();
  actor.send({ type: "document.arrived", document: 1 });
  await waitFor(actor, ({ value }) => value === "idle");
  expect(states).toEqual(["idle", "validating", "staging", "swapping", "retiring", "idle"]);
  expect(log).toEqual(["planReload 1", "stageReload 1", "swapStaged 1", "retireReplaced 1", "carried out 1"]);
});

test.each([
  ["planReload", ["idle", "validating", "idle"]],
  ["stageReload", ["idle", "validating", "staging", "rollingBack", "idle"]],
  ["swapStaged", ["idle", "validating", "staging", "swapping", "rollingBack", "idle"]],
] as const)("a failure of %s rejects the document", async (failing, path) => {
  const { actor, log, states } = running(failing);
  actor.send({ type: "document.arrived", document: 1 });
  await waitFor(actor, ({ value }) => value === "idle");
  expect(states).toEqual(path);
  expect(log.at(-1)).toBe(`rejected 1: Error: ${failing}`);
});

test("of the documents that arrive meanwhile the newest is next, and its failure is its own", async () => {
  const { actor, log } = running("stageReload");
  for (const document of [1, 2, 3]) actor.send({ type: "document.arrived", document });
  await waitFor(actor, ({ value, context }) => value === "idle" && context.document === 3);
  expect(log.filter((line) => line.startsWith("rejected"))).toEqual([
    "rejected 1: Error: stageReload",
    "rejected 3: Error: stageReload",
  ]);
});

test("a machine that is stopped between documents ends", async () => {
  const { actor } = running();
  actor.send({ type: "reload.stop", error: new Error("the server ends") });
  expect(actor.getSnapshot()).toMatchObject({ status: "done", value: "stopped" });
});

test("the server's end waits for no file: what has not come to the swap is undone and rejected", async () => {
  const { actor, log, states } = running(null, "stageReload");
  actor.send({ type: "document.arrived", document: 1 });
  await waitFor(actor, ({ value }) => value === "staging");
  actor.send({ type: "document.arrived", document: 2 });
  actor.send({ type: "reload.stop", error: new Error("the server ends") });
  await waitFor(actor, ({ status }) => status === "done");
  expect(states).toEqual(["idle", "validating", "staging", "rollingBack", "stopped"]);
  expect(log.slice(-2)).toEqual(["discardStaged 1", "rejected 1: Error: the server ends"]);
});

test("a document that is being swapped at the server's end is carried out, and is the last", async () => {
  const { actor, log } = running();
  actor.send({ type: "document.arrived", document: 1 });
  await waitFor(actor, ({ value }) => value === "swapping");
  actor.send({ type: "document.arrived", document: 2 });
  actor.send({ type: "reload.stop", error: new Error("the server ends") });
  await waitFor(actor, ({ status }) => status === "done");
  expect(log.at(-1)).toBe("carried out 1");
});

test("a step that nobody provided is an error, not a silence", async () => {
  const rejected: unknown[] = [];
  const actor = createActor(
    reloadMachine.provide({ actions: { reportRejected: ({ context }) => void rejected.push(context.error) } }),
  ).start();
  actor.send({ type: "document.arrived", document: 1 });
  await waitFor(actor, ({ value }) => value === "idle");
  expect(rejected).toEqual([expect.any(EffectNotProvided)]);
});
