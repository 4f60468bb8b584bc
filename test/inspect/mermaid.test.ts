import { expect, test } from "vitest";
import { createMachine } from "xstate";
import { mermaid } from "../../src/inspect/mermaid.ts";

test("a chart has its states, events, guards, delays, actions and ends", () => {
  const machine = createMachine({
    id: "door",
    initial: "open",
    on: { "door.broken": { target: ".gone", actions: "report" } },
    states: {
      open: { entry: "squeak", on: { "door.push": { guard: "isFree", target: "moving" }, knock: { actions: "hush" } } },
      moving: {
        initial: "slow",
        states: { slow: { after: { slamTime: "fast" } }, fast: { always: { guard: "isThere", target: "#door.gone" } } },
      },
      gone: { type: "final", exit: [{ type: "count", params: { by: 2 } }] },
    },
  });
  expect(mermaid(machine)).toBe(
    `stateDiagram-v2
  [*] --> open
  state moving {
    [*] --> moving_slow
    state "slow" as moving_slow
    state "fast" as moving_fast
    moving_slow --> moving_fast : after slamTime
  }
  moving_fast --> gone : always [isThere]
  open --> moving : door.push [isFree]
  gone --> [*]
  state "any state" as _any
  _any --> gone : door.broken / report
  note right of open
    entry / squeak
    knock / hush
  end note
  note right of gone
    exit / count(2)
  end note`,
  );
});

test("an invoked actor is what a state does, and its ends are edges", () => {
  const machine = createMachine({
    id: "work",
    initial: "busy",
    states: { busy: { invoke: { src: "toil", onDone: "idle", onError: "idle" } }, idle: {} },
  });
  expect(mermaid(machine)).toContain("busy --> idle : done toil<br/>error toil");
  expect(mermaid(machine)).toContain("do / toil");
});
