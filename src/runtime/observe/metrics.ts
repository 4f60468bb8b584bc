/** The metrics: a subscriber of lifecycle events, with a registry of its own. `docs/metrics.md` has the table. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EndCause, OwnName } from "../../machines/causes.ts";
import type { ConnectionState } from "../../machines/connection.ts";
import type { FleetState } from "../../machines/fleet.ts";
import type { PauseReason } from "../../machines/listener.ts";
import type { SlotCounter } from "../admission/slots.ts";
import type { Pressure } from "../pressure/pressure.ts";
import { pressureGauges } from "../pressure/pressure-gauges.ts";
import { type CertificateSource, certificateGauges } from "./certificate-gauges.ts";
import type { Lifecycle, LifecycleEvent } from "./lifecycle.ts";
import type { CountedOutput } from "./output.ts";

/** The part of a listener that is measured. */
interface MeasuredListener {
  readonly name: string;
  readonly slots: SlotCounter;
  readonly connections: Iterable<{ readonly state: ConnectionState }>;
  readonly pausedBy: readonly PauseReason[];
}

/** What the gauges are read from on collection. */
/** Where a node stands in its fleet. */
export interface MeasuredFleet {
  readonly state: FleetState;
  readonly nodes: readonly string[];
  readonly leased: readonly { readonly name: string; readonly held: number }[];
}

export interface MetricsSource extends CertificateSource {
  readonly slots: SlotCounter;
  readonly listeners: readonly MeasuredListener[];
  readonly pressure: { readonly latest: Pressure };
  /** Null without a fleet. */
  readonly fleet: MeasuredFleet | null;
  /** Connections in other threads, by listener and state; none by default. */
  otherConnections?(): Iterable<{ readonly listener: string; readonly state: string; readonly count: number }>;
}

export interface MetricsOptions {
  readonly source: MetricsSource;
  readonly outputs: readonly CountedOutput[];
}

/** Of one listener, since the start. */
export interface ListenerTotals {
  readonly accepted: number;
  readonly refused: number;
  readonly closed: number;
  /** Octets of connections that have closed. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Counts of connections and messages: plain numbers, which get their labels on collection. */
class ConnectionTotals {
  accepted = 0;
  refused = 0;
  bytesRead = 0;
  bytesWritten = 0;
  readonly closed = new Map<EndCause, number>();
  readonly messages = { accepted: 0, rejected: 0 };
}

/** The events that are counted. */
const counted = [
  "connection.accepted",
  "connection.refused",
  "connection.secured",
  "connection.handshakeFailed",
  "connection.proxyRejected",
  "certificate.issued",
  "certificate.orderFailed",
  "connection.closed",
  "listener.paused",
  "worker.failed",
  "session.authenticated",
  "session.authenticationFailed",
  "session.messageAccepted",
  "session.messageRejected",
] as const;

export class Metrics {
  readonly registry = new Registry();
  readonly #totals = new Map<string, ConnectionTotals>();
  readonly #refused = this.#counter("connections_refused_total", "Connections refused, by admission rule.", [
    "listener",
    "rule",
  ]);
  readonly #pauses = this.#counter("listener_pauses_total", "Times that a listener stopped accepting, by reason.", [
    "listener",
    "reason",
  ]);
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
  readonly #notices = this.#counter("notices_total", "Notices that protocols of the embedder's own have registered.", [
    "listener",
    "notice",
  ]);
  readonly #orders = this.#counter("certificate_orders_total", "Orders of certificates by ACME, by result.", [
    "certificate",
    "result",
  ]);
  readonly #workerRestarts = this.#counter("worker_restarts_total", "Threads of workers that were lost and replaced.", [
    "worker",
  ]);
  readonly #handshakes = new Histogram({
    name: "gatehouse_tls_handshake_seconds",
    help: "Duration of TLS handshakes that succeeded.",
    labelNames: ["listener"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
    registers: [this.registry],
  });

  constructor({ source, outputs }: MetricsOptions) {
    const registers = [this.registry];
    this.#totalCounters();
    new Gauge({
      name: "gatehouse_connections",
      help: "Open connections, by state.",
      labelNames: ["listener", "state"],
      registers,
      collect() {
        this.reset();
        for (const { name, connections } of source.listeners)
          for (const { state } of connections) this.inc({ listener: name, state });
        for (const { listener, state, count } of source.otherConnections?.() ?? [])
          this.inc({ listener, state }, count);
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
    new Gauge({
      name: "gatehouse_fleet_state",
      help: "1 for the state of this node in its fleet.",
      labelNames: ["state"],
      registers,
      collect() {
        this.reset();
        if (source.fleet) this.set({ state: source.fleet.state }, 1);
      },
    });
    new Gauge({
      name: "gatehouse_fleet_nodes",
      help: "Nodes of the fleet, as last heard.",
      registers,
      collect() {
        if (source.fleet) this.set(source.fleet.nodes.length);
        else this.remove();
      },
    });
    new Gauge({
      name: "gatehouse_fleet_slots_leased",
      help: "Slots of the fleet that this node has leased, by cap: server, or listener/ and a name.",
      labelNames: ["cap"],
      registers,
      collect() {
        this.reset();
        for (const { name, held } of source.fleet?.leased ?? []) this.set({ cap: name }, held);
      },
    });
    new Counter({
      name: "gatehouse_output_lines_dropped_total",
      help: "Lines of the log, or of messages for people, that were dropped because nobody read them.",
      labelNames: ["output"],
      registers,
      collect() {
        this.reset();
        for (const { name, dropped } of outputs) this.inc({ output: name }, dropped);
      },
    });
    pressureGauges(this.registry, source.pressure);
    certificateGauges(this.registry, source);
  }

  /** What became of the clients of a listener; zeros for one that had none. */
  totalsOf(listener: string): ListenerTotals {
    const { accepted, refused, closed, bytesRead, bytesWritten } = this.#totals.get(listener) ?? new ConnectionTotals();
    let ended = 0;
    for (const count of closed.values()) ended += count;
    return { accepted, refused, closed: ended, bytesRead, bytesWritten };
  }

  /** @param notices those that protocols of the embedder's own have registered. */
  follow(lifecycle: Lifecycle, notices: readonly OwnName[] = []): void {
    lifecycle.listen(counted, (event) => this.#count(event));
    lifecycle.listen(notices, ({ type, connection }) =>
      this.#notices.inc({ listener: connection.listener, notice: type }),
    );
  }

  #totalCounters(): void {
    const totals = this.#totals;
    const counters = [
      ["connections_accepted_total", "Connections admitted.", "accepted"],
      ["bytes_read_total", "Octets read from sockets.", "bytesRead"],
      ["bytes_written_total", "Octets written to sockets.", "bytesWritten"],
    ] as const;
    for (const [name, help, total] of counters) {
      new Counter({
        name: `gatehouse_${name}`,
        help,
        labelNames: ["listener"],
        registers: [this.registry],
        collect() {
          this.reset();
          for (const [listener, { [total]: value }] of totals) this.inc({ listener }, value);
        },
      });
    }
    new Counter({
      name: "gatehouse_connections_closed_total",
      help: "Connections that ended, by cause.",
      labelNames: ["listener", "cause"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [listener, { closed }] of totals)
          for (const [cause, count] of closed) this.inc({ listener, cause }, count);
      },
    });
    new Counter({
      name: "gatehouse_messages_total",
      help: "Messages received, by result.",
      labelNames: ["listener", "result"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [listener, { messages }] of totals)
          for (const [result, count] of Object.entries(messages)) if (count > 0) this.inc({ listener, result }, count);
      },
    });
  }

  #countersOf(listener: string): ConnectionTotals {
    let totals = this.#totals.get(listener);
    if (!totals) {
      totals = new ConnectionTotals();
      this.#totals.set(listener, totals);
    }
    return totals;
  }

  #count(event: Extract<LifecycleEvent, { type: (typeof counted)[number] }>): void {
    switch (event.type) {
      case "connection.accepted":
        this.#countersOf(event.connection.listener).accepted += 1;
        break;
      case "connection.refused":
        this.#countersOf(event.listener).refused += 1;
        this.#refused.inc({ listener: event.listener, rule: event.refusal.rule });
        break;
      case "certificate.issued":
        this.#orders.inc({ certificate: event.certificate, result: "issued" });
        break;
      case "certificate.orderFailed":
        this.#orders.inc({ certificate: event.certificate, result: "failed" });
        break;
      case "worker.failed":
        this.#workerRestarts.inc({ worker: event.worker });
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
        const totals = this.#countersOf(listener);
        totals.closed.set(event.cause, (totals.closed.get(event.cause) ?? 0) + 1);
        totals.bytesRead += event.bytesRead;
        totals.bytesWritten += event.bytesWritten;
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
        this.#countersOf(event.connection.listener).messages.accepted += 1;
        break;
      case "session.messageRejected":
        this.#countersOf(event.connection.listener).messages.rejected += 1;
        break;
      default:
        event satisfies never;
    }
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `gatehouse_${name}`, help, labelNames, registers: [this.registry] });
  }
}
