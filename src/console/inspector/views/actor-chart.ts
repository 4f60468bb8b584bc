/** The drawing of a chart, with the states lit that an actor is in. */

/** Scale limits: below, the text is unreadable; above, it looks coarse. */
const smallest = 0.75;
const largest = 1.4;

export class ActorChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, SVGGElement>();
  /** Null before anything was lit. */
  #active: ReadonlySet<string> | null = null;

  /** @param drawing SVG as Graphviz writes it. Scripts in it would not run: the policy of the page forbids them. */
  constructor(drawing: string) {
    const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    this.element = document.importNode(parsed, true) as unknown as SVGSVGElement;
    this.element.setAttribute("aria-hidden", "true");
    const { width } = this.element.viewBox.baseVal;
    this.element.style.minWidth = `${Math.round(width * smallest)}px`;
    this.element.style.maxWidth = `${Math.round(width * largest)}px`;
    // The ground and the legend: what belongs to the chart is in groups.
    for (const child of [...this.element.querySelectorAll("g.graph > *")]) if (child.tagName !== "g") child.remove();
    for (const group of this.element.querySelectorAll<SVGGElement>("g.node, g.cluster")) this.#adopt(group);
    for (const title of [...this.element.querySelectorAll("title")]) title.remove();
  }

  light(active: readonly string[]): void {
    const lit = new Set(active);
    const isNew = this.#active === null || active.some((path) => !this.#active?.has(path));
    for (const [path, group] of this.#states) {
      group.classList.toggle("taken", lit.has(path));
      if (lit.has(path) && this.#active?.has(path) === false) restart(group, "moved");
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
    if (isInSight) return;
    box.scrollBy({
      left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
      top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
    });
  }

  #adopt(group: SVGGElement): void {
    const title = group.querySelector("title")?.textContent ?? "";
    const id = group.classList.contains("cluster") ? title.replace(/^cluster_/, "") : title;
    if (id.startsWith("_") && !id.startsWith("__")) return;
    group.classList.add("state");
    this.#states.set(pathOf(id), group);
  }
}

/** The animation starts again. */
function restart(group: SVGGElement, name: string): void {
  group.classList.remove(name);
  group.getBoundingClientRect();
  group.classList.add(name);
}

/** The id that the drawing gives to a state: `_` separates names, `__` and four digits are any other character. */
function pathOf(id: string): string {
  return id.replaceAll(/__([0-9a-f]{4})|_/g, (_, code: string | undefined) =>
    code === undefined ? "." : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
