/** The drawing of a chart, with the states lit that an actor is in. */
import { drawnChart, lightUp, scrollTo } from "../../parts/drawn-chart.ts";

/** Scale limits: below, the text is unreadable; above, it looks coarse. */
const smallest = 0.75;
const largest = 1.4;

export class ActorChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, SVGGElement>();
  /** Null before anything was lit. */
  #active: ReadonlySet<string> | null = null;

  /** @param drawing SVG as Graphviz writes it */
  constructor(drawing: string) {
    const { element, states } = drawnChart(drawing, smallest);
    this.element = element;
    element.style.maxWidth = `${Math.round(element.viewBox.baseVal.width * largest)}px`;
    for (const [path, { group }] of states) {
      group.classList.add("state");
      this.#states.set(path, group);
    }
  }

  light(active: readonly string[]): void {
    const lit = new Set(active);
    const isNew = this.#active === null || active.some((path) => !this.#active?.has(path));
    for (const [path, group] of this.#states) {
      group.classList.toggle("taken", lit.has(path));
      if (lit.has(path) && this.#active?.has(path) === false) lightUp(group);
    }
    this.#active = lit;
    if (isNew) requestAnimationFrame(() => this.#reveal(active.at(-1) ?? ""));
  }

  /** Scrolls to a state that is out of sight. */
  #reveal(path: string): void {
    const group = this.#states.get(path);
    const box = this.element.parentElement;
    if (!group || !box) return;
    const [inner, outer] = [group.getBoundingClientRect(), box.getBoundingClientRect()];
    const isInSight =
      inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
    if (!isInSight) scrollTo(group, box);
  }
}
