/** Tables of what the code names: ends, metrics, cipher suites. */
import { SUITES } from "../src/config/index.ts";
import { endCauses } from "../src/machines/causes.ts";
import { pauseReasons } from "../src/machines/listener.ts";
import { Metrics } from "../src/runtime/metrics.ts";
import { noPressure } from "../src/runtime/pressure/pressure.ts";
import { SlotCounter } from "../src/runtime/slots.ts";
import type { GeneratedBlock } from "./generated-block.ts";
import { markdownTable } from "./markdown-table.ts";

export const tables: readonly GeneratedBlock[] = [
  { file: "docs/lifecycle.md", name: "end causes", text: endCauseTable },
  { file: "docs/lifecycle.md", name: "pause reasons", text: pauseReasonTable },
  { file: "docs/metrics.md", name: "metrics", text: metricTable },
  { file: "docs/tls.md", name: "cipher suites", text: cipherSuiteTable },
];

function endCauseTable(): string {
  return markdownTable(
    ["cause", "meaning"],
    Object.entries(endCauses).map(([cause, meaning]) => [`\`${cause}\``, meaning]),
  );
}

function pauseReasonTable(): string {
  return markdownTable(
    ["reason", "meaning"],
    Object.entries(pauseReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
  );
}

function metricTable(): string {
  const { registry } = new Metrics({ slots: new SlotCounter(1), listeners: [], pressure: { latest: noPressure } });
  const rows = registry.getMetricsAsArray().map((metric) => {
    // prom-client has these on every metric, and does not type them.
    const labels: unknown = Reflect.get(metric, "labelNames");
    const names = Array.isArray(labels) ? labels.map((label) => `\`${String(label)}\``).join(", ") : "";
    return [`\`${metric.name}\``, String(metric.type), names, metric.help];
  });
  return markdownTable(["metric", "type", "labels", "meaning"], rows);
}

function cipherSuiteTable(): string {
  const rows = Object.entries(SUITES).map(([name, { iana, version, key }]) => [
    `\`${name}\``,
    `\`${iana}\``,
    version === "tls13" ? "1.3" : "1.2",
    key?.toUpperCase() ?? "any",
  ]);
  return markdownTable(["name in the document", "IANA name", "TLS", "key"], rows);
}
