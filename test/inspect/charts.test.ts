/** Drawings of charts, alone and with how many are where. */
import { describe, expect, test } from "vitest";
import { createMachine } from "xstate";
import { charts, dot, mermaid, svg } from "../../src/inspect/index.ts";

const counts = { listening: 2, "paused.held": 1 };
const [, listener] = Object.entries(charts).find(([name]) => name === "listener") ?? [];
if (!listener) throw new Error("There is no chart of the listener.");

/** The texts of a drawing. */
function textsOf(drawing: string): string[] {
  return [...drawing.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) =>
    text.replaceAll("&#45;", "-").replaceAll("&gt;", ">"),
  );
}

test.each(Object.entries(charts))("%s is drawn as SVG with every state and every event", async (_, machine) => {
  const drawing = await svg(machine);
  expect(drawing).toMatch(/^<\?xml[\s\S]*<svg[\s\S]*<\/svg>\s*$/);
  const texts = textsOf(drawing).join("\n");
  const states = Object.values(machine.root.states).flatMap((state) => [state.key, ...Object.keys(state.states)]);
  for (const state of states) expect(texts).toContain(state);
  for (const event of machine.events.filter((type) => !type.startsWith("xstate."))) expect(texts).toContain(event);
});

describe("counts", () => {
  test("stand beside each state's name, those within it included", async () => {
    const texts = textsOf(await svg(listener, { counts }));
    expect(texts).toEqual(
      expect.arrayContaining(["listening (2)", "paused (1)", "held (1)", "resuming (0)", "closed (0)"]),
    );
    const text = mermaid(listener, { counts });
    expect(text).toContain('state "listening (2)" as listening');
    expect(text).toContain('state "paused (1)" as paused');
    expect(text).toContain('state "held (1)" as paused_held');
    expect(text).toMatch(/class listening,paused_held taken$/m);
  });

  test("colour the states where somebody is", () => {
    const coloured = [...dot(listener, { counts }).matchAll(/^ *"(\w+)" \[.*fillcolor="#b2f2bb"/gm)].map(
      ([, id]) => id,
    );
    expect(coloured).toEqual(["listening", "paused_held"]);
    expect(dot(listener)).not.toContain("#b2f2bb");
  });

  test("of nobody are zeros", () => {
    expect(mermaid(listener, { counts: {} })).toContain('state "listening (0)" as listening');
    expect(mermaid(listener, { counts: {} })).not.toContain("class ");
  });
});

test("an embedder's own chart is drawn, whatever its names hold", async () => {
  const machine = createMachine({
    id: 'quoted "<id>"',
    initial: "a",
    states: { a: { on: { "x & <y>": { target: "b", actions: 'say "hello"' } } }, b: { type: "final" } },
  } as never);
  const drawing = await svg(machine);
  expect(drawing).toContain("x &amp; &lt;y&gt; / say &quot;hello&quot;");
});

test("every text keeps the width that it was laid out with, whatever fonts there are", async () => {
  const drawing = await svg(listener, { counts });
  const texts = [...drawing.matchAll(/<text [^>]*>[^<]*<\/text>/g)].map(([text]) => text);
  expect(texts.length).toBeGreaterThan(50);
  expect(texts.filter((text) => !/ textLength="[\d.]+" lengthAdjust="spacingAndGlyphs"/.test(text))).toEqual([]);
});

test("a drawing with counts says what they are; actions that are long go below their event", async () => {
  const texts = textsOf(await svg(listener, { counts }));
  expect(texts).toEqual(expect.arrayContaining(["(n): how many are there now", "occupied"]));
  expect(textsOf(await svg(listener))).not.toContain("occupied");
  expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(60);
});
