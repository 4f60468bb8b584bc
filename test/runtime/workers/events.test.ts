import { describe, expect, it } from "vitest";
import type { ConnectionFacts } from "../../../src/protocols/protocol.ts";
import { Lifecycle, type LifecycleEvent, type LifecycleEventType } from "../../../src/runtime/observe/lifecycle.ts";
import {
  type EventBatch,
  EventSender,
  receivedEvent,
  type SentEvent,
} from "../../../src/runtime/workers/forwarded-events.ts";

const client = {
  ...{ subject: "CN=Ann", issuer: "CN=Ours", serialNumber: "01", fingerprint256: "AB:CD" },
  ...{ subjectAlternativeNames: ["ann.example.com"], emailAddresses: [], notValidAfter: new Date(0) },
  ...{ verified: true, error: null },
};
const clear: ConnectionFacts = {
  ...{ id: "7-1", listener: "smtp", generation: 3, proxy: null, tls: null },
  peer: { address: "192.0.2.1", port: 40_000 },
  local: { address: "192.0.2.2", port: 25 },
};
const tls = {
  version: "TLSv1.3",
  cipherSuite: "TLS_AES_128_GCM_SHA256",
  serverName: null,
  alpn: null,
  group: "x25519",
};
const secured: ConnectionFacts = { ...clear, tls: { ...tls, client } };
const proxied: ConnectionFacts = {
  ...clear,
  peer: { address: "unix", port: 0, process: { pid: 1, uid: 2, gid: 3 } },
  proxy: { peer: { address: "192.0.2.3", port: 1 }, version: 1 },
};
const durations = { proxyHeader: null, admission: 1, handshake: null, session: 2.5, closing: 0.25, total: 4 };

/** As a main thread has it that is told of it by worker 2. */
function passed(event: LifecycleEvent, areSeen: boolean): LifecycleEvent | undefined {
  const lifecycle = new Lifecycle();
  const sent: SentEvent[] = [];
  const sender = new EventSender(({ events }) => sent.push(...structuredClone(events)));
  sender.follow(lifecycle, { types: [event.type], areSeen });
  lifecycle.emit(event);
  sender.flush();
  return sent[0] && receivedEvent(sent[0], 2);
}

const closed = { cause: "quit", durations, bytesRead: 6, bytesWritten: 80 } as const;
const events: Partial<Record<LifecycleEventType, readonly LifecycleEvent[]>> = {
  "connection.accepted": [{ type: "connection.accepted", connection: clear }],
  "connection.active": [{ type: "connection.active", connection: secured }],
  "connection.closing": [{ type: "connection.closing", connection: proxied }],
  "connection.draining": [{ type: "connection.draining", connection: clear }],
  "connection.secured": [
    { type: "connection.secured", connection: secured, tls: { ...tls, client }, duration: 1.5 },
    { type: "connection.secured", connection: secured, tls: { ...tls, client }, duration: 0 },
  ],
  "connection.closed": [clear, secured, proxied].map((connection) => ({
    type: "connection.closed",
    connection,
    ...closed,
  })),
  "connection.refused": [
    {
      ...{ type: "connection.refused", listener: "smtp", peer: clear.peer },
      refusal: { rule: "server-cap", limit: 1, current: 1 },
    },
  ],
  "session.backendFailed": [
    {
      ...{ type: "session.backendFailed", connection: clear, operation: "deliver" },
      error: Object.assign(new TypeError("broken"), { code: "EBROKEN" }),
    },
  ],
};

describe("events on their way from a worker", () => {
  it.each(Object.entries(events))("%s says in the main thread what it said in the worker", (_, each) => {
    for (const event of each ?? []) expect(passed(event, true)).toEqual({ ...event, worker: 2 });
  });

  it("keep the class, the code and the stack of an error", () => {
    const [event] = events["session.backendFailed"] ?? [];
    const got = event && passed(event, false);
    expect(got).toMatchObject({ error: { name: "TypeError", message: "broken", code: "EBROKEN" } });
  });

  it("ask for nothing that costs a call, unless somebody sees them", () => {
    const dear = new Set<string>();
    const connection: ConnectionFacts = {
      ...clear,
      get local() {
        dear.add("local");
        return clear.local;
      },
      tls: {
        ...tls,
        get group() {
          dear.add("group");
          return tls.group;
        },
      },
    };
    const step: LifecycleEvent = { type: "connection.active", connection };
    const message: LifecycleEvent = { type: "session.messageAccepted", connection, size: 1, recipients: 1 };
    for (const event of [step, message]) expect(passed(event, false)).toMatchObject({ connection: { id: "7-1" } });
    expect([...dear]).toEqual([]);
    passed({ type: "connection.active", connection }, true);
    expect([...dear]).toEqual(["local", "group"]);
  });

  it("are numbers where somebody only counts who was accepted", () => {
    const [lifecycle, batches] = [new Lifecycle(), [] as EventBatch[]];
    const sender = new EventSender((batch) => batches.push(structuredClone(batch)));
    const accept = (): void => lifecycle.emit({ type: "connection.accepted", connection: clear });
    sender.follow(lifecycle, { types: [], areSeen: false });
    expect(lifecycle.wants("connection.accepted")).toBe(true);
    expect(lifecycle.isHeard("connection.accepted")).toBe(false);
    for (let each = 0; each < 3; each += 1) accept();
    sender.flush();
    sender.follow(lifecycle, { types: ["connection.accepted"], areSeen: false });
    accept();
    sender.flush();
    expect(batches.map(({ accepted, events: { length } }) => [accepted.get("smtp") ?? 0, length])).toEqual([
      [3, 0],
      [0, 1],
    ]);
  });
});
