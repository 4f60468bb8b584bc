/** What has become of clients in the last hour. */
import type { EndKind, EndSeries } from "./end-series.ts";
import { type Arguments, call } from "./jmap.ts";

/** Which of them. */
export interface EndsWanted {
  readonly kind: EndKind;
  readonly reason: string;
  /** Null for all. */
  readonly listener: string | null;
  /** The beginning of the minute; null for the whole hour. */
  readonly minute: number | null;
}

export interface ConnectionEnd {
  readonly id: string;
  readonly at: number;
  readonly kind: EndKind;
  readonly listener: string;
  readonly reason: string;
  readonly detail: string | null;
  readonly peer: string;
  /** Whether a proxy's header named the peer. */
  readonly isProxied: boolean;
  readonly serverName: string | null;
  readonly tls: string | null;
  /** Milliseconds. */
  readonly duration: number | null;
  readonly bytesRead: number | null;
  readonly bytesWritten: number | null;
  readonly limit: number | null;
  readonly current: number | null;
}

export interface EndsFound {
  readonly wanted: EndsWanted;
  /** Of those that the server keeps. */
  readonly total: number;
  readonly ends: readonly ConnectionEnd[];
}

const mostShown = 100;

/** @throws WireError, MethodError */
export async function endCounts(): Promise<readonly EndSeries[]> {
  const [answer = {}] = await call(["x:EndCount/get", { ids: null }]);
  return (answer["list"] as Arguments[]).map((value) => ({
    kind: value["kind"] === "refused" ? "refused" : "ended",
    listener: String(value["listener"]),
    reason: String(value["reason"]),
    meaning: typeof value["meaning"] === "string" ? value["meaning"] : null,
    isFailure: value["isFailure"] === true,
    count: Number(value["count"]),
    perMinute: new Map(
      Object.entries(value["perMinute"] as Record<string, number>).map(([begin, count]) => [Date.parse(begin), count]),
    ),
  }));
}

/** The latest of those that the server keeps. @throws WireError, MethodError */
export async function endsBehind(wanted: EndsWanted): Promise<EndsFound> {
  const { kind, reason, listener, minute } = wanted;
  const filter = {
    ...{ kind, reason },
    ...(listener === null ? {} : { listener }),
    ...(minute === null ? {} : { atIsGreaterThanOrEqual: dateText(minute), atIsLessThan: dateText(minute + 60_000) }),
  };
  const name = "x:ConnectionEnd/query";
  const [found = {}, answer = {}] = await call(
    [name, { filter, limit: mostShown, calculateTotal: true }],
    ["x:ConnectionEnd/get", { "#ids": { resultOf: "c0", name, path: "/ids" } }],
  );
  const ends = (answer["list"] as Arguments[]).map(endOf);
  return { wanted, ends, total: typeof found["total"] === "number" ? found["total"] : ends.length };
}

function endOf(value: Arguments): ConnectionEnd {
  const text = (name: string) => (typeof value[name] === "string" ? value[name] : null);
  const number = (name: string) => (typeof value[name] === "number" ? value[name] : null);
  return {
    id: String(value["id"]),
    at: Date.parse(String(value["at"])),
    kind: value["kind"] === "refused" ? "refused" : "ended",
    listener: String(value["listener"]),
    reason: String(value["reason"]),
    detail: text("detail"),
    peer: String(value["peer"]),
    isProxied: text("proxy") !== null,
    serverName: text("serverName"),
    tls: text("tlsVersion"),
    duration: number("duration"),
    bytesRead: number("bytesRead"),
    bytesWritten: number("bytesWritten"),
    limit: number("limit"),
    current: number("current"),
  };
}

function dateText(time: number): string {
  return new Date(time).toISOString();
}

/** `192.0.2.1` of `192.0.2.1:25`, `2001:db8::1` of `[2001:db8::1]:25`. */
export function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
