/** The drawing of a chart, with how many are in each state beside its name, and what flows along its transitions. */

import { type Counts, countIn } from "../wire/states.ts";
import { centre, drawnChart, lightUp, scrollTo } from "./drawn-chart.ts";
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

/** Of a name in its state. */
const margin = 8;

export class LiveChart {
  readonly element: SVGSVGElement;
  readonly #states = new Map<string, DrawnState>();
  /** By the states they connect: `active>closing`. */
  readonly #edges = new Map<string, DrawnEdge>();
  #counts: Counts = {};

  /** @param drawing SVG as Graphviz writes it. @param pick called with a state that is clicked. */
  constructor(drawing: string, pick: (state: string) => void) {
    const { element, states } = drawnChart(drawing, smallest);
    this.element = element;
    for (const [path, { group, name, text }] of states) {
      if (!text || !name) continue;
      centre(text);
      this.#states.set(path, { group, name, text });
      group.classList.add("state");
      group.addEventListener("click", (event) => {
        event.stopPropagation();
        pick(path);
      });
    }
    for (const group of element.querySelectorAll<SVGGElement>("g.edge")) this.#adoptEdge(group);
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
      if (count === countIn(path, this.#counts)) continue;
      keepWithin(group, text);
      lightUp(group);
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
      if (isHere && !group.classList.contains("taken")) lightUp(group);
      group.classList.toggle("taken", isHere);
      group.classList.toggle("passed", !isHere && passed.has(path));
    }
    for (const [name, { group }] of this.#edges) group.classList.toggle("flowing", name === edge);
  }

  /** Scrolls to a state; to the first one for null. */
  reveal(state: string | null): void {
    const shown = this.#states.get(state ?? "") ?? this.#states.values().next().value;
    const box = this.element.parentElement;
    if (shown && box) scrollTo(shown.group, box);
  }

  #adoptEdge(group: SVGGElement): void {
    const line = group.querySelector<SVGPathElement>("path");
    const name = edgeName(group.id);
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
}

/** As the drawing writes the two states of a transition: `_` separates names, and precedes what is no state's. */
function edgeName(id: string): string {
  return id.replace(/^_/, "").replaceAll("_", ".");
}

/** A drawing is made for one digit; thousands are narrower, so that they stay within their state. */
function keepWithin(group: SVGGElement, text: SVGTextElement): void {
  text.removeAttribute("textLength");
  const room = (group.querySelector<SVGGraphicsElement>("path, polygon")?.getBBox().width ?? 0) - margin;
  if (room <= 0 || text.getComputedTextLength() <= room) return;
  text.setAttribute("textLength", String(room));
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

function flowText({ rate, failing }: { readonly rate: number; readonly failing: number }): string {
  return `${rateText(rate)}/s${failing > 0 ? `, ${rateText(failing)} failing` : ""}`;
}

function middleOf(line: SVGPathElement): DOMPoint {
  return line.getPointAtLength(line.getTotalLength() / 2);
}
