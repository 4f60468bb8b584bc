/** The drawing of a chart, put into the page: what all who light its states share. */

export interface DrawnState {
  readonly group: SVGGElement;
  /** Empty where the drawing writes none. */
  readonly name: string;
  readonly text: SVGTextElement | null;
}

export interface DrawnChart {
  readonly element: SVGSVGElement;
  /** By path: `paused.held`. What stands for every state, and where the first one is entered, is none. */
  readonly states: ReadonlyMap<string, DrawnState>;
}

/**
 * @param drawing SVG as Graphviz writes it. Scripts in it would not run: the policy of the page forbids them.
 * @param smallest scale below which the text is unreadable
 */
export function drawnChart(drawing: string, smallest: number): DrawnChart {
  const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
  const element = document.importNode(parsed, true) as unknown as SVGSVGElement;
  element.setAttribute("aria-hidden", "true");
  element.style.minWidth = `${Math.round(element.viewBox.baseVal.width * smallest)}px`;
  // The ground and the legend: what belongs to the chart is in groups.
  for (const child of [...element.querySelectorAll("g.graph > *")]) if (child.tagName !== "g") child.remove();
  const states = new Map<string, DrawnState>();
  for (const group of element.querySelectorAll<SVGGElement>("g.node, g.cluster")) {
    const title = group.querySelector("title")?.textContent ?? "";
    const id = group.classList.contains("cluster") ? title.replace(/^cluster_/, "") : title;
    if (id.startsWith("_") && !id.startsWith("__")) continue;
    const text = group.querySelector<SVGTextElement>("text[font-weight='bold']");
    states.set(pathOf(id), { group, name: text?.textContent?.replace(/\s*\(0\)$/, "") ?? "", text });
  }
  for (const title of [...element.querySelectorAll("title")]) title.remove();
  return { element, states };
}

/** The id that the drawing gives to a state: `_` separates names, `__` and four digits are any other character. */
function pathOf(id: string): string {
  return id.replaceAll(/__([0-9a-f]{4})|_/g, (_, code: string | undefined) =>
    code === undefined ? "." : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Graphviz keeps a place for one digit: a text of another length stands over on both sides, or leaves both free. */
export function centre(text: SVGTextElement): void {
  const width = Number(text.getAttribute("textLength") ?? 0);
  text.setAttribute("x", String(Number(text.getAttribute("x")) + width / 2));
  text.setAttribute("text-anchor", "middle");
  text.removeAttribute("textLength");
  text.removeAttribute("lengthAdjust");
}

/** Lights a state up for a moment: an actor has come or gone. */
export function lightUp(group: SVGGElement): void {
  group.classList.remove("moved");
  // Read, so that the animation begins again.
  group.getBoundingClientRect();
  group.classList.add("moved");
}

/** Brings a state into the middle of the box that the drawing scrolls in. */
export function scrollTo(group: SVGGElement, box: Element): void {
  const [inner, outer] = [group.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollBy({
    left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
    top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
  });
}
