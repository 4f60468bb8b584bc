/** How much flows along the transitions of a chart, from counters that are read again and again. */
import type { LiveState } from "../wire/live.ts";

/** Milliseconds that a rate looks back. */
const lookBack = 5_000;

export interface FlowRate {
  readonly from: string;
  readonly to: string;
  /** Per second. */
  readonly rate: number;
  /** Of connections that fail. */
  readonly failing: number;
}

type Counts = Readonly<Record<string, number>>;

interface Point {
  readonly at: number;
  readonly all: Counts;
  readonly failing: Counts;
}

export class FlowRates {
  #points: readonly Point[] = [];

  /** Another chart: nothing is known of it yet. */
  clear(): void {
    this.#points = [];
  }

  add(chart: string, { at, flows, failingFlows }: LiveState): void {
    const point = { at, all: flows[chart] ?? {}, failing: failingFlows[chart] ?? {} };
    const last = this.#points.at(-1);
    // A server that was started again counts from nothing.
    if (last && Object.entries(last.all).some(([name, count]) => (point.all[name] ?? 0) < count)) this.#points = [];
    this.#points = [...this.#points, point];
  }

  /** Those along which something flows, the most first. */
  at(now: number): readonly FlowRate[] {
    const old = this.#points.findLastIndex(({ at }) => at <= now - lookBack);
    this.#points = this.#points.slice(Math.max(0, old));
    const [first] = this.#points;
    const last = this.#points.at(-1);
    if (!first || !last) return [];
    // Frames come only when something has changed.
    const seconds = Math.max(1_000, now - Math.max(first.at, now - lookBack)) / 1_000;
    const between = (counts: (point: Point) => Counts, name: string) =>
      ((counts(last)[name] ?? 0) - (counts(first)[name] ?? 0)) / seconds;
    return Object.keys(last.all)
      .map((name) => {
        const [from = "", to = ""] = name.split(">");
        return { from, to, rate: between(({ all }) => all, name), failing: between(({ failing }) => failing, name) };
      })
      .filter(({ rate }) => rate > 0)
      .sort((a, b) => b.rate - a.rate);
  }
}
