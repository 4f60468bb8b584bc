/** The drawing of a chart, with how many are in each state beside its name. */
import { type Counts, countIn } from "../wire/states.ts";

interface DrawnState {
  readonly group: SVGGElement;
  readonly name: string;
  readonly text: SVGTextElement;
}

/** Of its own size, below which nobody can read it. */
const smallest = 0.75;

export class LiveChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, DrawnState>();
  #counts: Counts = {};

  /** @param drawing SVG as Graphviz writes it. @param pick told of a state that is clicked. */
  constructor(drawing: string, pick: (state: string) => void) {
    const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    this.element = document.importNode(parsed, true) as unknown as SVGSVGElement;
    this.element.setAttribute("aria-hidden", "true");
    this.element.style.minWidth = `${this.element.viewBox.baseVal.width * smallest}px`;
    for (const child of [...this.element.querySelectorAll("g.graph > *")]) if (child.tagName !== "g") child.remove();
    for (const group of this.element.querySelectorAll<SVGGElement>("g.node, g.cluster")) this.#adopt(group, pick);
    for (const title of [...this.element.querySelectorAll("title")]) title.remove();
  }

  /** Paths of its states, outer ones before those within them. */
  get states(): readonly string[] {
    return [...this.#states.keys()].sort();
  }

  show(counts: Counts, picked: string | null): void {
    for (const [path, { group, name, text }] of this.#states) {
      const count = countIn(path, counts);
      text.textContent = `${name} ${count}`;
      group.classList.toggle("taken", count > 0);
      group.classList.toggle("picked", path === picked);
      if (count !== countIn(path, this.#counts)) this.#light(group);
    }
    this.#counts = counts;
  }

  /** Scrolls to a state; to the first one for null. */
  reveal(state: string | null): void {
    const shown = this.#states.get(state ?? "") ?? this.#states.values().next().value;
    const box = this.element.parentElement;
    if (!shown || !box) return;
    const [inner, outer] = [shown.group.getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollBy({
      left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
      top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
    });
  }

  #adopt(group: SVGGElement, pick: (state: string) => void): void {
    const title = group.querySelector("title")?.textContent ?? "";
    const text = group.querySelector<SVGTextElement>("text[font-weight='bold']");
    const name = text?.textContent?.replace(/\s*\(0\)$/, "");
    if (!text || !name || name === "any state") return;
    const path = title.replace(/^cluster_/, "").replaceAll("_", ".");
    // The place that is kept for one digit may have to hold more: what stands over does so on both sides.
    const width = Number(text.getAttribute("textLength") ?? 0);
    text.setAttribute("x", String(Number(text.getAttribute("x")) + width / 2));
    text.setAttribute("text-anchor", "middle");
    text.removeAttribute("textLength");
    text.removeAttribute("lengthAdjust");
    this.#states.set(path, { group, name, text });
    group.classList.add("state");
    group.addEventListener("click", (event) => {
      event.stopPropagation();
      pick(path);
    });
  }

  /** For a moment: somebody came or went. */
  #light(group: SVGGElement): void {
    group.classList.remove("moved");
    // Read, so that the animation begins again.
    group.getBoundingClientRect();
    group.classList.add("moved");
  }
}
