/** The metrics: a subscriber of lifecycle events that keeps plain numbers. `docs/metrics.md` has the table. */
import { createRequire } from "node:module";
import type { Registry } from "prom-client";
import type { OwnName } from "../../machines/causes.ts";
import type { Lifecycle, LifecycleEvent } from "./lifecycle.ts";
import { type MetricsSource, metricsRegistry } from "./metrics-registry.ts";
import type { CountedOutput } from "./output.ts";
import { ConnectionTotals, Tallies } from "./tallies.ts";

export interface MetricsOptions {
  readonly source: MetricsSource;
  readonly outputs: readonly CountedOutput[];
  /** Whether the newest document was rejected. */
  isDocumentRejected(): boolean;
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

/** The events that are counted. */
const counted = [
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
  readonly #options: MetricsOptions;
  readonly #totals = new Map<string, ConnectionTotals>();
  readonly #tallies = new Tallies();
  #registry: Registry | null = null;

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** Made, and prom-client loaded, when somebody first asks. */
  get registry(): Registry {
    if (this.#registry) return this.#registry;
    const library = createRequire(import.meta.url)("prom-client") as Parameters<typeof metricsRegistry>[0];
    this.#registry = metricsRegistry(library, { ...this.#options, totals: this.#totals, tallies: this.#tallies });
    return this.#registry;
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
    lifecycle.countAccepted((listener, accepted) => {
      this.#countersOf(listener).accepted += accepted;
    });
    lifecycle.listen(counted, (event) => this.#count(event));
    lifecycle.listen(notices, ({ type, connection }) =>
      this.#tallies.notices.inc({ listener: connection.listener, notice: type }),
    );
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
    const tallies = this.#tallies;
    switch (event.type) {
      case "connection.refused":
        this.#countersOf(event.listener).refused += 1;
        tallies.refused.inc({ listener: event.listener, rule: event.refusal.rule });
        break;
      case "certificate.issued":
        tallies.orders.inc({ certificate: event.certificate, result: "issued" });
        break;
      case "certificate.orderFailed":
        tallies.orders.inc({ certificate: event.certificate, result: "failed" });
        break;
      case "worker.failed":
        tallies.workerRestarts.inc({ worker: String(event.worker) });
        break;
      case "listener.paused":
        tallies.pauses.inc({ listener: event.listener, reason: event.reason });
        break;
      case "connection.secured":
        tallies.handshakes.observe(event.connection.listener, event.duration / 1_000);
        break;
      case "connection.handshakeFailed":
        tallies.handshakeFailures.inc({ listener: event.connection.listener, reason: event.reason });
        break;
      case "connection.proxyRejected":
        tallies.proxyFailures.inc({ listener: event.connection.listener, reason: event.reason });
        break;
      case "connection.closed": {
        const { listener } = event.connection;
        const totals = this.#countersOf(listener);
        totals.closed.set(event.cause, (totals.closed.get(event.cause) ?? 0) + 1);
        totals.bytesRead += event.bytesRead;
        totals.bytesWritten += event.bytesWritten;
        if (event.cause === "proxy-timeout") tallies.proxyFailures.inc({ listener, reason: "timeout" });
        if (event.cause === "tls-timeout") tallies.handshakeFailures.inc({ listener, reason: "timeout" });
        break;
      }
      case "session.authenticated":
      case "session.authenticationFailed":
        tallies.authentications.inc({
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
}
