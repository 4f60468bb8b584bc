/** The drawing of a chart, with how many are in each state beside its name, and what flows along its transitions. */

import { type Counts, countIn } from "../wire/states.ts";
import type { FlowRate } from "./flow-rates.ts";
import { rateText } from "./rates.ts";

interface DrawnState {
  readonly group: SVGGElement;
  readonly name: string;
  readonly text: SVGTextElement;
}

interface DrawnEdge {
  readonly group: SVGGElement;
  readonly line: SVGPathElement;
  readonly text: SVGTextElement;
}

/** Scale below which the text is unreadable. */
const smallest = 0.75;

export class LiveChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, DrawnState>();
  /** By the states they connect: `active>closing`. */
  readonly #edges = new Map<string, DrawnEdge>();
  #counts: Counts = {};

  /** @param drawing SVG as Graphviz writes it. @param pick called with a state that is clicked. */
  constructor(drawing: string, pick: (state: string) => void) {
    const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    this.element = document.importNode(parsed, true) as unknown as SVGSVGElement;
    this.element.setAttribute("aria-hidden", "true");
    this.element.style.minWidth = `${this.element.viewBox.baseVal.width * smallest}px`;
    for (const child of [...this.element.querySelectorAll("g.graph > *")]) if (child.tagName !== "g") child.remove();
    for (const group of this.element.querySelectorAll<SVGGElement>("g.node, g.cluster")) this.#adopt(group, pick);
    for (const group of this.element.querySelectorAll<SVGGElement>("g.edge")) this.#adoptEdge(group);
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

  flow(rates: readonly FlowRate[]): void {
    const byName = new Map(rates.map((rate) => [`${rate.from}>${rate.to}`, rate]));
    for (const [name, { group, line, text }] of this.#edges) {
      const { rate = 0, failing = 0 } = byName.get(name) ?? {};
      group.classList.toggle("flowing", rate > 0);
      group.classList.toggle("failing", failing > 0);
      line.style.strokeWidth = rate > 0 ? String(Math.min(8, 1.5 + Math.log2(1 + rate))) : "";
      text.textContent = rate > 0 ? flowText({ rate, failing }) : "";
    }
  }

  /** Of one actor: where it is, where it has been, and what brought it here. */
  light(state: string | null, { passed, edge }: { readonly passed: ReadonlySet<string>; readonly edge: string }): void {
    for (const [path, { group, name, text }] of this.#states) {
      const isHere = state !== null && (state === path || state.startsWith(`${path}.`));
      text.textContent = name;
      if (isHere && !group.classList.contains("taken")) this.#light(group);
      group.classList.toggle("taken", isHere);
      group.classList.toggle("passed", !isHere && passed.has(path));
    }
    for (const [name, { group }] of this.#edges) group.classList.toggle("flowing", name === edge);
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
    const path = pathOf(title.replace(/^cluster_/, ""));
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

  #adoptEdge(group: SVGGElement): void {
    const line = group.querySelector<SVGPathElement>("path");
    const name = pathOf(group.id);
    group.removeAttribute("id");
    if (!line || !name.includes(">")) return;
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.classList.add("flow");
    text.setAttribute("text-anchor", "middle");
    const label = group.querySelector("text");
    const place = label
      ? {
          x: Number(label.getAttribute("x")) + Number(label.getAttribute("textLength") ?? 0) / 2,
          y: Number(label.getAttribute("y")) - 10,
        }
      : middleOf(line);
    text.setAttribute("x", String(place.x));
    text.setAttribute("y", String(place.y));
    group.append(text);
    this.#edges.set(name, { group, line, text });
  }

  /** For a moment: somebody came or went. */
  #light(group: SVGGElement): void {
    group.classList.remove("moved");
    // Read, so that the animation begins again.
    group.getBoundingClientRect();
    group.classList.add("moved");
  }
}

/** As the drawing writes it: `_` stands between the names of nested states, and before what is no state's name. */
function pathOf(id: string): string {
  return id.replace(/^_/, "").replaceAll("_", ".");
}

function flowText({ rate, failing }: { readonly rate: number; readonly failing: number }): string {
  return `${rateText(rate)}/s${failing > 0 ? `, ${rateText(failing)} failing` : ""}`;
}

function middleOf(line: SVGPathElement): DOMPoint {
  return line.getPointAtLength(line.getTotalLength() / 2);
}
