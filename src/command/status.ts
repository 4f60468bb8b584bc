/** `gatehouse status`: the running server and its listeners, one line each. */
import type {
  CertificateReport,
  FleetReport,
  ListenerReport,
  RejectionReport,
  StatusReport,
} from "../control/reports.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import { columns } from "./columns.ts";
import type { ExitCode } from "./exit-codes.ts";

export interface StatusOptions extends ControlCommandOptions {
  /** All nodes of the fleet, in place of the listeners of this one. */
  readonly fleet?: true;
}

export function status(options: StatusOptions): Promise<ExitCode> {
  return askServer(options, { method: "GET", path: "/status" }, options.fleet ? describeFleet : describe);
}

function describeFleet({ fleet }: StatusReport): string {
  if (!fleet) return "This server is in no fleet: its document has no SystemSettings.cluster.";
  const { node, state, nodes } = fleet;
  const rows = nodes.map((one) => [
    one.node ?? "",
    one.exhausted.length > 0 ? `${one.state}, short of ${one.exhausted.join(", ")}` : one.state,
    counted(one.connections, "connection"),
    `document ${one.generation}`,
    `version ${one.version}`,
    `pid ${one.pid}`,
    one === nodes[0] ? "asked now" : `heard of ${(one.age / 1_000).toFixed(1)} s ago`,
  ]);
  const cap = nodes[0]?.maxConnections ?? 0;
  return `${inFleet(fleet)} of at most ${cap}, as seen by ${node}, which is ${state}.\n\n${columns(rows)}`;
}

function inFleet({ nodes, connections }: FleetReport): string {
  return `${counted(nodes.length, "node")} with ${counted(connections, "connection")}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function describe(report: StatusReport): string {
  const { state, generation, rejected, pid, connections, listeners, certificates, fleet } = report;
  const { total, maxConnections, byState } = connections;
  const states = Object.entries(byState).map(([name, count]) => `${count} ${name}`);
  const open = `${total} of ${maxConnections} connections${states.length > 0 ? ` (${states.join(", ")})` : ""}`;
  const member = fleet ? `\nNode ${fleet.node} is ${fleet.state}; ${inFleet(fleet)} (--fleet shows them).` : "";
  return `Gatehouse is ${state} (pid ${pid}) with document ${generation}, ${open}.${member}${describeRejection(rejected)}\n\n${describeListeners(listeners)}${describeCertificates(certificates)}`;
}

/** Whoever changed it may have gone before it was read. */
function describeRejection(rejected: RejectionReport | null): string {
  if (!rejected) return "";
  const { at, by, message } = rejected;
  return `\n\nThe newest document is not in force; it was rejected at ${at.slice(0, 19)}Z (by ${by}):\n${message}`;
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
