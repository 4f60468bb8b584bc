/** The drawing of a chart with a path through it lit. */

/** Scale below which the text is unreadable. */
const smallest = 0.6;

export class WalkedChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, SVGGElement>();

  /** @param drawing SVG as Graphviz writes it */
  constructor(drawing: string) {
    const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    this.element = document.importNode(parsed, true) as unknown as SVGSVGElement;
    this.element.setAttribute("aria-hidden", "true");
    this.element.style.minWidth = `${this.element.viewBox.baseVal.width * smallest}px`;
    for (const child of [...this.element.querySelectorAll("g.graph > *")]) if (child.tagName !== "g") child.remove();
    for (const group of this.element.querySelectorAll<SVGGElement>("g.node, g.cluster")) this.#adopt(group);
    for (const title of [...this.element.querySelectorAll("title")]) title.remove();
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

  #adopt(group: SVGGElement): void {
    const title = group.querySelector("title")?.textContent ?? "";
    const text = group.querySelector<SVGTextElement>("text[font-weight='bold']");
    const name = text?.textContent?.replace(/\s*\(0\)$/, "");
    if (!text || !name || name === "any state") return;
    // Nobody is counted here, so the place of the digits is left out.
    const width = Number(text.getAttribute("textLength") ?? 0);
    text.setAttribute("x", String(Number(text.getAttribute("x")) + width / 2));
    text.setAttribute("text-anchor", "middle");
    text.removeAttribute("textLength");
    text.removeAttribute("lengthAdjust");
    text.textContent = name;
    group.classList.add("step");
    this.#states.set(title.replace(/^cluster_/, "").replaceAll("_", "."), group);
  }
}
