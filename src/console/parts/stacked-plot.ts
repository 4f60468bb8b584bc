/** Bars of the last hour, one a minute, each stacked of its reasons. */
import Plot, { type AlignedData, type Options, type Series } from "uplot";
import { plotAxis, plotColour } from "./plot-look.ts";
import { minute, type ReasonStack, reasonAt } from "./reason-stack.ts";

const height = 180;

export interface PickedBar {
  readonly reason: string;
  readonly minute: number;
}

export class StackedPlot {
  readonly #pick: (bar: PickedBar) => void;
  #element: HTMLElement | null = null;
  #plot: Plot | null = null;
  #resizes: ResizeObserver | null = null;
  #stack: ReasonStack = { minutes: [], reasons: [] };
  #shown = "";

  constructor(pick: (bar: PickedBar) => void) {
    this.#pick = pick;
  }

  /** Draws into this element from now on; null: nowhere. */
  mount(element: Element | undefined): void {
    if (!(element instanceof HTMLElement)) {
      this.destroy();
      return;
    }
    if (this.#element === element) return;
    this.#element = element;
    this.#resizes = new ResizeObserver(() => this.#plot?.setSize({ width: element.clientWidth, height }));
    this.#resizes.observe(element);
    this.#make();
  }

  show(stack: ReasonStack): void {
    this.#stack = stack;
    // A plot's series are fixed: other reasons need another plot.
    if (!this.#plot || this.#shown !== namesOf(stack)) this.#make();
    else this.#plot.setData(dataOf(stack));
  }

  destroy(): void {
    this.#resizes?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.#element = null;
  }

  #make(): void {
    const element = this.#element;
    if (!element) return;
    this.#plot?.destroy();
    this.#shown = namesOf(this.#stack);
    const options = { ...look, width: element.clientWidth, height, series: seriesOf(this.#stack) };
    const plot = new Plot(options, dataOf(this.#stack), element);
    plot.over.addEventListener("click", (event) => this.#clicked(plot, event));
    this.#plot = plot;
  }

  #clicked(plot: Plot, event: MouseEvent): void {
    const box = plot.over.getBoundingClientRect();
    const time = plot.posToVal(event.clientX - box.left, "x") * 1_000;
    const index = this.#stack.minutes.findIndex((begin) => time >= begin - minute / 2 && time < begin + minute / 2);
    const reason = reasonAt(this.#stack, index, plot.posToVal(event.clientY - box.top, "y"));
    const begin = this.#stack.minutes[index];
    if (reason !== null && begin !== undefined) this.#pick({ reason, minute: begin });
  }
}

function namesOf({ reasons }: ReasonStack): string {
  return reasons.map(({ reason, colour }) => `${reason} ${colour}`).join("\n");
}

/** The tallest first: each is drawn over those that it stands on. */
function dataOf({ minutes, reasons }: ReasonStack): AlignedData {
  const sums = minutes.map(() => 0);
  const stacked = reasons.map(({ counts }) =>
    counts.map((count, index) => {
      sums[index] = (sums[index] ?? 0) + count;
      return sums[index] ?? 0;
    }),
  );
  return [minutes.map((begin) => begin / 1_000), ...stacked.toReversed()];
}

function seriesOf({ reasons }: ReasonStack): Series[] {
  const bars = Plot.paths.bars?.({ size: [0.75, 24] });
  return [
    {},
    ...reasons.toReversed().map(({ reason, colour }): Series => {
      const fill = plotColour(`--series-${colour}`);
      return { label: reason, fill, stroke: fill, width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) };
    }),
  ];
}

const look: Omit<Options, "width" | "height" | "series"> = {
  legend: { show: false },
  cursor: { show: false },
  padding: [8, 24, 0, 0],
  scales: {
    x: { time: true, range: (_plot, first, last) => [first - 45, last + 45] },
    y: { range: (_plot, _lowest, highest) => [0, Math.max(4, (highest ?? 0) * 1.08)] },
  },
  axes: [
    { ...plotAxis, size: 26, space: 60, values: (_plot, times) => times.map((time) => clock.format(time * 1_000)) },
    {
      ...plotAxis,
      size: 44,
      space: 36,
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5],
    },
  ],
};

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });
