/** Counts of several reasons, minute by minute, ready to be stacked. */
import type { EndSeries } from "../wire/end-series.ts";

export const minute = 60_000;
const minutes = 60;

/** As many colours as there are; further reasons share the last. */
export const colours = 8;

export interface StackedReason {
  readonly reason: string;
  /** Of a cause, in words; null for a rule. */
  readonly meaning: string | null;
  readonly isFailure: boolean;
  readonly total: number;
  /** From 1 on. */
  readonly colour: number;
  /** In each of the minutes. */
  readonly counts: readonly number[];
}

export interface ReasonStack {
  /** Beginnings of the minutes, the oldest first. */
  readonly minutes: readonly number[];
  /** The most frequent first, regular ends before all others. */
  readonly reasons: readonly StackedReason[];
}

/** @param palette remembers the colour of each reason, so that it keeps it. */
export function stackOf(series: readonly EndSeries[], now: number, palette: Map<string, number>): ReasonStack {
  const last = Math.floor(now / minute) * minute;
  const begins = Array.from({ length: minutes }, (_, index) => last - (minutes - 1 - index) * minute);
  const byReason = Map.groupBy(series, ({ reason }) => reason);
  const reasons = [...byReason].map(([reason, own]) => {
    const counts = begins.map((begin) => own.reduce((sum, { perMinute }) => sum + (perMinute.get(begin) ?? 0), 0));
    const { meaning = null, isFailure = true } = own[0] ?? {};
    return { reason, meaning, isFailure, total: counts.reduce((sum, count) => sum + count, 0), counts };
  });
  const sorted = reasons
    .filter(({ total }) => total > 0)
    .sort((a, b) => Number(a.isFailure) - Number(b.isFailure) || b.total - a.total || a.reason.localeCompare(b.reason));
  return { minutes: begins, reasons: sorted.map((one) => ({ ...one, colour: colourOf(one.reason, palette) })) };
}

function colourOf(reason: string, palette: Map<string, number>): number {
  const known = palette.get(reason);
  if (known !== undefined) return known;
  const colour = Math.min(palette.size + 1, colours);
  palette.set(reason, colour);
  return colour;
}

/** Which reason's part of the bar holds this height. */
export function reasonAt({ reasons }: ReasonStack, index: number, height: number): string | null {
  let top = 0;
  for (const { reason, counts } of reasons) {
    top += counts[index] ?? 0;
    if (height <= top) return reason;
  }
  return null;
}
