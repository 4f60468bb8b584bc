/** The drawing of a chart with a path through it lit. */
import { centre, drawnChart } from "./drawn-chart.ts";

/** Scale below which the text is unreadable. */
const smallest = 0.6;

export class WalkedChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, SVGGElement>();

  /** @param drawing SVG as Graphviz writes it */
  constructor(drawing: string) {
    const { element, states } = drawnChart(drawing, smallest);
    this.element = element;
    for (const [path, { group, name, text }] of states) {
      if (!text || !name) continue;
      // Nobody is counted here, so the place of the digits is left out.
      centre(text);
      text.textContent = name;
      group.classList.add("step");
      this.#states.set(path, group);
    }
  }

  /** @param walk states in their order, each with its number among all steps */
  show(walk: readonly { readonly state: string; readonly step: number }[]): void {
    for (const [path, group] of this.#states) {
      const at = walk.findLast(({ state }) => path === state || state.startsWith(`${path}.`));
      group.classList.toggle("walked", at !== undefined);
      group.classList.toggle("reached", at !== undefined && at === walk.at(-1));
      group.style.setProperty("--step", String(at?.step ?? 0));
    }
  }
}
