/** The registry of prom-client: each of its metrics reads our numbers when it is collected. */
import type * as Library from "prom-client";
import type { ConnectionState } from "../../machines/connection.ts";
import type { FleetState } from "../../machines/fleet.ts";
import type { PauseReason } from "../../machines/listener.ts";
import type { SlotCounter } from "../admission/slots.ts";
import type { Pressure } from "../pressure/pressure.ts";
import { pressureGauges } from "../pressure/pressure-gauges.ts";
import { type CertificateSource, certificateGauges } from "./certificate-gauges.ts";
import type { CountedOutput } from "./output.ts";
import type { ConnectionTotals, DurationTally, Tallies } from "./tallies.ts";

/** The part of a listener that is measured. */
interface MeasuredListener {
  readonly name: string;
  readonly slots: SlotCounter;
  readonly connections: Iterable<{ readonly state: ConnectionState }>;
  readonly pausedBy: readonly PauseReason[];
}

/** Where a node stands in its fleet. */
export interface MeasuredFleet {
  readonly state: FleetState;
  readonly nodes: readonly string[];
  readonly leased: readonly { readonly name: string; readonly held: number }[];
}

/** What the gauges are read from on collection. */
export interface MetricsSource extends CertificateSource {
  readonly slots: SlotCounter;
  readonly listeners: readonly MeasuredListener[];
  readonly pressure: { readonly latest: Pressure };
  /** Null without a fleet. */
  readonly fleet: MeasuredFleet | null;
  /** Connections in other threads, by listener and state; none by default. */
  otherConnections?(): Iterable<{ readonly listener: string; readonly state: string; readonly count: number }>;
}

export interface RegistryParts {
  readonly source: MetricsSource;
  readonly outputs: readonly CountedOutput[];
  isDocumentRejected(): boolean;
  readonly totals: ReadonlyMap<string, ConnectionTotals>;
  readonly tallies: Tallies;
}

export function metricsRegistry(library: typeof Library, parts: RegistryParts): Library.Registry {
  const { Gauge, Counter, Registry } = library;
  const { source, outputs } = parts;
  const registry = new Registry();
  const registers = [registry];
  talliedCounters(library, registry, parts.tallies);
  handshakeHistogram(library, registry, parts.tallies.handshakes);
  totalCounters(library, registry, parts.totals);
  new Gauge({
    name: "gatehouse_connections",
    help: "Open connections, by state.",
    labelNames: ["listener", "state"],
    registers,
    collect() {
      this.reset();
      for (const { name, connections } of source.listeners)
        for (const { state } of connections) this.inc({ listener: name, state });
      for (const { listener, state, count } of source.otherConnections?.() ?? []) this.inc({ listener, state }, count);
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
    name: "gatehouse_document_rejected",
    help: "1 while the newest document is not in force, because it was rejected.",
    registers,
    collect() {
      this.set(parts.isDocumentRejected() ? 1 : 0);
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
  pressureGauges(library, registry, source.pressure);
  certificateGauges(library, registry, source);
  return registry;
}

function talliedCounters({ Counter }: typeof Library, registry: Library.Registry, tallies: Tallies): void {
  const counters = [
    ["connections_refused_total", "Connections refused, by admission rule.", ["listener", "rule"], tallies.refused],
    [
      "listener_pauses_total",
      "Times that a listener stopped accepting, by reason.",
      ["listener", "reason"],
      tallies.pauses,
    ],
    [
      "tls_handshake_failures_total",
      "TLS handshakes failed, by reason.",
      ["listener", "reason"],
      tallies.handshakeFailures,
    ],
    [
      "proxy_header_failures_total",
      "PROXY headers not accepted, by reason.",
      ["listener", "reason"],
      tallies.proxyFailures,
    ],
    ["authentications_total", "Log-ins tried, by result.", ["listener", "result"], tallies.authentications],
    [
      "notices_total",
      "Notices that protocols of the embedder's own have registered.",
      ["listener", "notice"],
      tallies.notices,
    ],
    [
      "certificate_orders_total",
      "Orders of certificates by ACME, by result.",
      ["certificate", "result"],
      tallies.orders,
    ],
    ["worker_restarts_total", "Threads of workers that were lost and replaced.", ["worker"], tallies.workerRestarts],
  ] as const;
  for (const [name, help, labelNames, tally] of counters) {
    new Counter<string>({
      name: `gatehouse_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, count } of tally) this.inc(labels, count);
      },
    });
  }
}

/** prom-client's histograms take single values: this one has its values from our buckets. */
function handshakeHistogram({ Histogram }: typeof Library, registry: Library.Registry, tally: DurationTally): void {
  const name = "gatehouse_tls_handshake_seconds";
  const help = "Duration of TLS handshakes that succeeded.";
  const histogram = new Histogram({ name, help, labelNames: ["listener"], registers: [registry] });
  const collected = async () => ({
    ...{ name, help, type: "histogram", aggregator: "sum" },
    values: histogramValues(name, tally),
  });
  // The text is made from the second, which is not in prom-client's types.
  Object.assign(histogram, { get: collected, getForPromString: collected });
}

function histogramValues(name: string, tally: DurationTally) {
  return [...tally].flatMap(([listener, { counts, sum, count }]) => {
    let upTo = 0;
    const buckets = tally.bounds.map((bound, index) => {
      upTo += counts[index] ?? 0;
      return { labels: { le: bound, listener }, value: upTo, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels: { le: "+Inf", listener }, value: count, metricName: `${name}_bucket` },
      { labels: { listener }, value: sum, metricName: `${name}_sum` },
      { labels: { listener }, value: count, metricName: `${name}_count` },
    ];
  });
}

function totalCounters(
  { Counter }: typeof Library,
  registry: Library.Registry,
  totals: ReadonlyMap<string, ConnectionTotals>,
): void {
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
      registers: [registry],
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
    registers: [registry],
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
    registers: [registry],
    collect() {
      this.reset();
      for (const [listener, { messages }] of totals)
        for (const [result, count] of Object.entries(messages)) if (count > 0) this.inc({ listener, result }, count);
    },
  });
}
