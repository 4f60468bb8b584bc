/** `gatehouse status`: the running server and its listeners, one line each. */
import type { CertificateReport, ListenerReport, StatusReport } from "../control/reports.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import { columns } from "./columns.ts";
import type { ExitCode } from "./exit-codes.ts";

export function status(options: ControlCommandOptions): Promise<ExitCode> {
  return askServer(options, { method: "GET", path: "/status" }, describe);
}

function describe({ state, generation, pid, connections, listeners, certificates }: StatusReport): string {
  const { total, maxConnections, byState } = connections;
  const states = Object.entries(byState).map(([name, count]) => `${count} ${name}`);
  const counted = `${total} of ${maxConnections} connections${states.length > 0 ? ` (${states.join(", ")})` : ""}`;
  return `Gatehouse is ${state} (pid ${pid}) with document ${generation}, ${counted}.\n\n${describeListeners(listeners)}${describeCertificates(certificates)}`;
}

/** Those that renew themselves; nothing without one. */
function describeCertificates(certificates: readonly CertificateReport[]): string {
  if (certificates.length === 0) return "";
  const rows = certificates.map(({ id, state, renewsAt, lastError }) => [
    `certificate ${id}`,
    state,
    renewsAt === null ? "not in force yet" : `renewed at ${renewsAt.slice(0, 16)}Z`,
    lastError ?? "",
  ]);
  return `\n${columns(rows)}`;
}

/** Of several listeners, a line each. */
export function describeListeners(listeners: readonly ListenerReport[]): string {
  return columns(
    listeners.map(({ name, protocol, state, pausedBy, tlsImplicit, addresses, connections, maxConnections }) => [
      name,
      pausedBy.length > 0 ? `${state} (${pausedBy.join(", ")})` : state,
      `${protocol}${tlsImplicit ? ", TLS from the first byte" : ""} on ${addresses.join(", ") || "no address"}`,
      `${connections} of ${maxConnections}`,
    ]),
  );
}
