/** `x:EndCount` and `x:ConnectionEnd`: what has become of clients in the last hour. */
import { type EndHistory, isFailure, meaningOfCause, type PastConnection } from "../../runtime/observe/end-history.ts";
import { addressText, processText } from "../../runtime/observe/log-lines.ts";
import { liveObject } from "./live-object.ts";
import type { ManagedObject, ManagedValue } from "./managed-object.ts";
import { stateString } from "./state-string.ts";

export function endObjects(history: EndHistory): readonly ManagedObject[] {
  return [
    liveObject("EndCount", () => {
      const values = history.counts().map(countValue);
      return { state: stateString(JSON.stringify(values)), values };
    }),
    liveObject("ConnectionEnd", () => ({
      state: stateString(String(history.lastNumber)),
      values: history.connections().map(endValue),
    })),
  ];
}

function countValue({ kind, listener, reason, perMinute }: ReturnType<EndHistory["counts"]>[number]): ManagedValue {
  return {
    id: `${kind}/${listener}/${reason}`,
    kind,
    listener,
    reason,
    meaning: kind === "ended" ? meaningOfCause(reason) : null,
    isFailure: kind === "refused" || isFailure(reason),
    count: perMinute.reduce((sum, [, count]) => sum + count, 0),
    perMinute: Object.fromEntries(perMinute.map(([begin, count]) => [dateText(begin), count])),
  };
}

function endValue({ item, at, number, detail }: PastConnection): ManagedValue {
  const common = { id: `end${number}`, at: new Date(at).toISOString() };
  if (item.type === "connection.refused") {
    const { listener, peer, refusal } = item;
    return {
      ...absent,
      ...common,
      kind: "refused",
      listener,
      reason: refusal.rule,
      peer: addressText(peer),
      process: processText({ peer, proxy: null }),
      resource: refusal.resource ?? null,
      limit: refusal.limit,
      current: refusal.current,
    };
  }
  const { connection, cause, durations, bytesRead, bytesWritten } = item;
  const { id, listener, peer, proxy, generation, tls } = connection;
  return {
    ...absent,
    ...common,
    kind: "ended",
    listener,
    reason: cause,
    detail,
    peer: addressText(peer),
    connection: id,
    proxy: proxy && addressText(proxy.peer),
    process: processText(connection),
    generation,
    duration: Math.round(durations.total),
    tlsVersion: tls?.version ?? null,
    tlsCipherSuite: tls?.cipherSuite ?? null,
    serverName: tls?.serverName ?? null,
    bytesRead,
    bytesWritten,
  };
}

/** What an ended connection has and a refused client has not, and the other way round. */
const absent = {
  detail: null,
  connection: null,
  proxy: null,
  process: null,
  generation: null,
  duration: null,
  tlsVersion: null,
  tlsCipherSuite: null,
  serverName: null,
  bytesRead: null,
  bytesWritten: null,
  resource: null,
  limit: null,
  current: null,
};

function dateText(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
