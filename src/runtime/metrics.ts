/** The metrics: a subscriber of lifecycle events, with a registry of its own. `docs/metrics.md` has the table. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Observable, Subscription } from "rxjs";
import type { LifecycleEvent } from "./lifecycle.ts";
import type { Listener } from "./listener.ts";
import type { Pressure } from "./pressure/pressure.ts";
import { pressureGauges } from "./pressure/pressure-gauges.ts";
import type { SlotCounter } from "./slots.ts";

/** What the gauges are read from when somebody asks. */
export interface MetricsSource {
  readonly slots: SlotCounter;
  readonly listeners: readonly Listener[];
  readonly pressure: { readonly latest: Pressure };
}

export class Metrics {
  readonly registry = new Registry();
  readonly #accepted = this.#counter("connections_accepted_total", "Connections that were let in.", ["listener"]);
  readonly #refused = this.#counter("connections_refused_total", "Connections refused, by admission rule.", [
    "listener",
    "rule",
  ]);
  readonly #pauses = this.#counter("listener_pauses_total", "Times that a listener stopped accepting, by reason.", [
    "listener",
    "reason",
  ]);
  readonly #closed = this.#counter("connections_closed_total", "Connections that ended, by cause.", [
    "listener",
    "cause",
  ]);
  readonly #bytesRead = this.#counter("bytes_read_total", "Octets read from sockets.", ["listener"]);
  readonly #bytesWritten = this.#counter("bytes_written_total", "Octets written to sockets.", ["listener"]);
  readonly #handshakeFailures = this.#counter("tls_handshake_failures_total", "TLS handshakes failed, by reason.", [
    "listener",
    "reason",
  ]);
  readonly #proxyFailures = this.#counter("proxy_header_failures_total", "PROXY headers not accepted, by reason.", [
    "listener",
    "reason",
  ]);
  readonly #authentications = this.#counter("authentications_total", "Log-ins tried, by result.", [
    "listener",
    "result",
  ]);
  readonly #messages = this.#counter("messages_total", "Messages received, by result.", ["listener", "result"]);
  readonly #handshakes = new Histogram({
    name: "gatehouse_tls_handshake_seconds",
    help: "Duration of TLS handshakes that succeeded.",
    labelNames: ["listener"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
    registers: [this.registry],
  });

  constructor(source: MetricsSource) {
    const registers = [this.registry];
    new Gauge({
      name: "gatehouse_connections",
      help: "Connections inside, by state.",
      labelNames: ["listener", "state"],
      registers,
      collect() {
        this.reset();
        for (const { name, connections } of source.listeners)
          for (const { state } of connections) this.inc({ listener: name, state });
      },
    });
    new Gauge({
      name: "gatehouse_slots_taken",
      help: "Slots taken, by listener; the empty listener is the whole server.",
      labelNames: ["listener"],
      registers,
      collect() {
        this.reset();
        this.set({ listener: "" }, source.slots.taken);
        for (const { name, slots } of source.listeners) this.set({ listener: name }, slots.taken);
      },
    });
    new Gauge({
      name: "gatehouse_slots_limit",
      help: "maxConnections, by listener; the empty listener is the whole server.",
      labelNames: ["listener"],
      registers,
      collect() {
        this.reset();
        this.set({ listener: "" }, source.slots.limit);
        for (const { name, slots } of source.listeners) this.set({ listener: name }, slots.limit);
      },
    });
    new Gauge({
      name: "gatehouse_listener_paused",
      help: "1 while a listener does not accept for this reason.",
      labelNames: ["listener", "reason"],
      registers,
      collect() {
        this.reset();
        for (const { name, pausedBy } of source.listeners)
          for (const reason of pausedBy) this.set({ listener: name, reason }, 1);
      },
    });
    pressureGauges(this.registry, source.pressure);
  }

  subscribe(events$: Observable<LifecycleEvent>): Subscription {
    return events$.subscribe((event) => this.#count(event));
  }

  #count(event: LifecycleEvent): void {
    switch (event.type) {
      case "connection.accepted":
        this.#accepted.inc({ listener: event.connection.listener });
        break;
      case "connection.refused":
        this.#refused.inc({ listener: event.listener, rule: event.refusal.rule });
        break;
      case "listener.paused":
        this.#pauses.inc({ listener: event.listener, reason: event.reason });
        break;
      case "connection.secured":
        this.#handshakes.observe({ listener: event.connection.listener }, event.duration / 1_000);
        break;
      case "connection.handshakeFailed":
        this.#handshakeFailures.inc({ listener: event.connection.listener, reason: event.reason });
        break;
      case "connection.proxyRejected":
        this.#proxyFailures.inc({ listener: event.connection.listener, reason: event.reason });
        break;
      case "connection.closed": {
        const { listener } = event.connection;
        this.#closed.inc({ listener, cause: event.cause });
        this.#bytesRead.inc({ listener }, event.bytesRead);
        this.#bytesWritten.inc({ listener }, event.bytesWritten);
        if (event.cause === "proxy-timeout") this.#proxyFailures.inc({ listener, reason: "timeout" });
        if (event.cause === "tls-timeout") this.#handshakeFailures.inc({ listener, reason: "timeout" });
        break;
      }
      case "session.authenticated":
      case "session.authenticationFailed":
        this.#authentications.inc({
          listener: event.connection.listener,
          result: event.type === "session.authenticated" ? "accepted" : "failed",
        });
        break;
      case "session.messageAccepted":
      case "session.messageRejected":
        this.#messages.inc({
          listener: event.connection.listener,
          result: event.type === "session.messageAccepted" ? "accepted" : "rejected",
        });
        break;
      default:
        break;
    }
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `gatehouse_${name}`, help, labelNames, registers: [this.registry] });
  }
}
