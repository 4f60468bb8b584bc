/**
 * What has become of clients in the last hour: for each listener, how many connections have ended for which cause and how
 * many clients which rule has refused, minute by minute, and the latest of each. Connections are kept as their events,
 * which are there anyway: counting one allocates nothing.
 */
import type { Clock } from "../time/clock.ts";
import { unixTimeOf } from "../time/clock.ts";
import { Latest, type Numbered } from "./latest.ts";
import type { Lifecycle, LifecycleEventOf } from "./lifecycle.ts";
import { countedMinutes, MinuteCounts, minuteInMilliseconds, minuteOf } from "./minute-counts.ts";

export { isFailure, meaningOfCause } from "../../machines/own-causes.ts";

export type EndedConnection = LifecycleEventOf<"connection.closed">;
export type RefusedClient = LifecycleEventOf<"connection.refused">;
export type EndKind = "ended" | "refused";

/** Of each listener and cause or rule; a series that nothing was added to for an hour makes room for another. */
export const mostSeries = 1_000;
/** Connections that are kept of each series, in the first series; the others have counts alone. */
export const keptOfEach = 50;
const mostWithConnections = 200;

/** One listener, one cause or rule. */
export interface EndSeries {
  readonly kind: EndKind;
  readonly listener: string;
  /** The cause of the end, or the rule that refused. */
  readonly reason: string;
  /** Of the last 60 minutes, by their beginning in Unix time (milliseconds), the oldest first; those with any. */
  readonly perMinute: readonly (readonly [begin: number, count: number])[];
}

/** One that has ended or was refused. */
export interface PastConnection extends Numbered<EndedConnection | RefusedClient> {
  /** Why a handshake or a PROXY header failed, in words. */
  readonly detail: string | null;
}

class Series {
  readonly kind: EndKind;
  readonly listener: string;
  readonly reason: string;
  readonly counts: MinuteCounts;
  readonly latest: Latest<EndedConnection | RefusedClient> | null;

  constructor(key: Pick<Series, "kind" | "listener" | "reason">, minute: number, keeps: boolean) {
    this.kind = key.kind;
    this.listener = key.listener;
    this.reason = key.reason;
    this.counts = new MinuteCounts(minute);
    this.latest = keeps ? new Latest(keptOfEach) : null;
  }
}

type ByReason = Map<string, Series>;

export class EndHistory {
  readonly #clock: Clock;
  readonly #series: Readonly<Record<EndKind, Map<string, ByReason>>> = { ended: new Map(), refused: new Map() };
  /** Why it failed, of connections that have not ended yet; then of those that are kept. */
  readonly #failures = new Map<string, string>();
  readonly #details = new WeakMap<object, string>();
  #count = 0;
  #withConnections = 0;
  #lastNumber = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  follow(lifecycle: Lifecycle): void {
    lifecycle.listen(["connection.closed"], (event) => {
      if (this.#failures.size > 0) this.#adopt(event);
      this.#add(event, event.connection.listener, event.cause);
    });
    lifecycle.listen(["connection.refused"], (event) => this.#add(event, event.listener, event.refusal.rule));
    lifecycle.listen(["connection.handshakeFailed", "connection.proxyRejected"], ({ connection, detail }) =>
      this.#failures.set(connection.id, detail),
    );
  }

  /** Changes whenever something was added. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  counts(): readonly EndSeries[] {
    const now = minuteOf(unixTimeOf(this.#clock));
    return [...this.#all()].flatMap(({ kind, listener, reason, counts }) => {
      const perMinute = [...counts.within(now)].map(
        ([minute, count]) => [minute * minuteInMilliseconds, count] as const,
      );
      return perMinute.length === 0 ? [] : [{ kind, listener, reason, perMinute }];
    });
  }

  /** Those that are kept, of the last hour, the newest first. */
  connections(): readonly PastConnection[] {
    const since = (minuteOf(unixTimeOf(this.#clock)) - countedMinutes + 1) * minuteInMilliseconds;
    const kept: PastConnection[] = [];
    for (const { latest } of this.#all()) {
      for (const one of latest ?? []) {
        if (one.at >= since) kept.push({ ...one, detail: this.#details.get(one.item) ?? null });
      }
    }
    return kept.sort((a, b) => b.number - a.number);
  }

  #add(event: EndedConnection | RefusedClient, listener: string, reason: string): void {
    const now = unixTimeOf(this.#clock);
    const kind = event.type === "connection.closed" ? "ended" : "refused";
    const series =
      this.#series[kind].get(listener)?.get(reason) ?? this.#newSeries({ kind, listener, reason }, minuteOf(now));
    this.#lastNumber += 1;
    series?.counts.add(minuteOf(now));
    series?.latest?.add(event, now, this.#lastNumber);
  }

  /** Null where there are too many that are not over. */
  #newSeries(key: Pick<Series, "kind" | "listener" | "reason">, minute: number): Series | null {
    if (this.#count >= mostSeries || this.#withConnections >= mostWithConnections) this.#forgetOver(minute);
    if (this.#count >= mostSeries) return null;
    const keeps = this.#withConnections < mostWithConnections;
    const series = new Series(key, minute, keeps);
    const reasons = this.#series[key.kind].get(key.listener) ?? new Map<string, Series>();
    this.#series[key.kind].set(key.listener, reasons.set(key.reason, series));
    this.#count += 1;
    if (keeps) this.#withConnections += 1;
    return series;
  }

  #forgetOver(minute: number): void {
    for (const listeners of Object.values(this.#series)) {
      for (const [listener, reasons] of listeners) {
        for (const [reason, { counts, latest }] of reasons) {
          if (!counts.isOver(minute)) continue;
          reasons.delete(reason);
          this.#count -= 1;
          if (latest) this.#withConnections -= 1;
        }
        if (reasons.size === 0) listeners.delete(listener);
      }
    }
  }

  *#all(): Generator<Series> {
    for (const listeners of Object.values(this.#series))
      for (const reasons of listeners.values()) yield* reasons.values();
  }

  /** What has failed before the end is the end's detail. */
  #adopt(event: EndedConnection): void {
    const { id } = event.connection;
    const detail = this.#failures.get(id);
    if (detail === undefined) return;
    this.#failures.delete(id);
    this.#details.set(event, detail);
  }
}
