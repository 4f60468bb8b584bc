/** Accepted and refused clients over the last two minutes. */
import Plot, { type AlignedData, type Options } from "uplot";
import { plotAxis, plotColour } from "./plot-look.ts";
import type { RatePoint } from "./rates.ts";

const height = 160;

export class RatePlot {
  #plot: Plot | null = null;
  #resizes: ResizeObserver | null = null;

  /** Draws into this element from now on; null: nowhere. */
  mount(element: Element | undefined): void {
    if (!(element instanceof HTMLElement)) {
      this.destroy();
      return;
    }
    if (this.#plot) return;
    const plot = new Plot({ ...options, width: element.clientWidth, height }, [[], [], []], element);
    this.#plot = plot;
    this.#resizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    this.#resizes.observe(element);
  }

  show(points: readonly RatePoint[]): void {
    const data: AlignedData = [
      points.map(({ at }) => at / 1_000),
      points.map(({ accepted }) => accepted),
      points.map(({ refused }) => refused),
    ];
    this.#plot?.setData(data);
  }

  destroy(): void {
    this.#resizes?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }
}

const options: Omit<Options, "width" | "height"> = {
  legend: { show: false },
  cursor: { show: false },
  padding: [8, 8, 0, 0],
  scales: {
    x: { time: true, range: () => [Date.now() / 1_000 - 120, Date.now() / 1_000] },
    y: { range: (_plot, _lowest, highest) => [0, Math.max(1, (highest ?? 0) * 1.1)] },
  },
  series: [
    {},
    { label: "Accepted", stroke: plotColour("--plot-accepted"), width: 2, points: { show: false } },
    { label: "Refused", stroke: plotColour("--plot-refused"), width: 2, points: { show: false } },
  ],
  axes: [
    { ...plotAxis, size: 26, space: 90, values: (_plot, times) => times.map((time) => timeText(time)) },
    { ...plotAxis, size: 40 },
  ],
};

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

function timeText(seconds: number): string {
  return clock.format(seconds * 1_000);
}
