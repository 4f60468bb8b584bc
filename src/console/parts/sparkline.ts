/** A line as high as a line of text: what has become of a rate. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { RatePoint } from "./rates.ts";

const [width, height] = [120, 28];
const slots = 60;

export function sparkline(points: readonly RatePoint[]): TemplateResult {
  const shown = points.slice(-slots);
  const highest = Math.max(1, ...shown.map(({ accepted, refused }) => Math.max(accepted, refused)));
  const line = (value: (point: RatePoint) => number, name: string) =>
    svg`<polyline class=${name} points=${shown
      .map((point, index) => {
        const x = width - ((shown.length - 1 - index) * width) / (slots - 1);
        const y = height - 1.5 - (value(point) / highest) * (height - 3);
        return `${x.toFixed(1)},${y.toFixed(1)}`;
      })
      .join(" ")}></polyline>`;
  return html`<svg class="sparkline" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
    ${line(({ accepted }) => accepted, "accepted")} ${
      shown.some(({ refused }) => refused > 0) ? line(({ refused }) => refused, "refused") : nothing
    }
  </svg>`;
}
