/** Charts of other programs are drawn from what they send, whatever that is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMachine } from "xstate";
import { foreignMachine } from "../../src/inspect/drawing/foreign-machine.ts";
import { dot, mermaid, svg } from "../../src/inspect/index.ts";

test("names that look alike stay apart: a nested state, one with the same letters, and what stands for any state", async () => {
  const machine = createMachine({
    id: "alike",
    initial: "a",
    on: { reset: ".a" },
    states: {
      a: { initial: "b", states: { b: { on: { go: "#alike.a_b" } }, initial_x: {} } },
      a_b: { on: { "go on": "wait here" } },
      any: {},
      "wait here": {},
    },
  } as never);
  const declared = [...dot(machine).matchAll(/^ *(?:subgraph )?"([^"]+)" [[{]/gm)].map(([, id]) => id);
  expect(new Set(declared).size).toBe(declared.length);
  expect(declared).toEqual(expect.arrayContaining(["a_b", "a__005fb", "any", "_any", "wait__0020here"]));
  expect(mermaid(machine)).toContain('state "wait here" as wait__0020here');
  expect(await svg(machine)).toContain(">wait here<");
});

test("what an invoked actor is called is its own name, never that of XState for one without", () => {
  const child = createMachine({ id: "child" });
  const machine = createMachine({
    initial: "a",
    states: { a: { invoke: [{ src: child, id: "front" }, { src: child, onDone: "b" }, { src: "named" }] }, b: {} },
  } as never);
  const text = dot(machine);
  for (const name of ["do / front", "do / inline", "do / named", "done inline"]) expect(text).toContain(name);
  expect(text).not.toContain("xstate.invoke");
});

test("what a serialiser left out is left out", () => {
  const machine = foreignMachine(
    JSON.stringify({
      id: "deep",
      initial: "a",
      states: {
        a: { entry: ["[Object]"], on: { go: "[Object]", stay: { target: "b", actions: { type: "" } } } },
        b: "[Object]",
      },
    }),
  );
  expect(Object.keys(machine.root.states)).toEqual(["a", "b"]);
  expect(dot(machine)).not.toContain("[Object]");
});

test.each([
  ["no states", '{"id":"promise"}', "no state machine"],
  [
    "too many states",
    JSON.stringify({
      initial: "s0",
      states: Object.fromEntries(Array.from({ length: 401 }, (_, at) => [`s${at}`, {}])),
    }),
    "401 states",
  ],
  [
    "too many transitions",
    JSON.stringify({
      initial: "a",
      states: { a: { on: Object.fromEntries(Array.from({ length: 2_001 }, (_, at) => [`e${at}`, "a"])) } },
    }),
    "2001 transitions",
  ],
  ["a target that is not there", '{"id":"x","initial":"a","states":{"a":{"on":{"go":"nowhere"}}}}', "nowhere"],
  ["no JSON", "createMachine({})", "JSON"],
])("a definition with %s is not drawn, and it is said why", (_, definition, reason) => {
  expect(() => foreignMachine(definition)).toThrow(reason);
});

test("nothing that names hold gets into the drawing but as text", async () => {
  const names = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
    fc.constantFrom('"]; x', "<script>", "\\", "\n", "__proto__", "a]]>", "&#0;"),
  );
  await fc.assert(
    fc.asyncProperty(names, names, async (state, event) => {
      const definition = JSON.stringify({
        id: state,
        initial: "start",
        states: {
          start: { entry: { type: event }, on: { [`${event}!`]: { target: "end", actions: { type: state } } } },
          [`${state}?`]: {},
          end: {},
        },
      });
      const drawing = await svg(foreignMachine(definition));
      expect(drawing).toContain("</svg>");
      // No elements but Graphviz' own.
      const elements = new Set([...drawing.matchAll(/<(\w+)/g)].map(([, name]) => name));
      const known = ["xml", "svg", "g", "title", "text", "path", "polygon", "ellipse", "polyline"];
      expect([...elements].filter((name) => !known.includes(name ?? ""))).toEqual([]);
    }),
    { numRuns: 12 },
  );
});
