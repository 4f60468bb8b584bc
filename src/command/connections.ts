/** `gatehouse connections`: the connections, one line each. */
import type { ConnectionReport } from "../control/reports.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import { table } from "./columns.ts";
import type { ExitCode } from "./exit-codes.ts";
import { terminalWidth } from "./output.ts";

export interface ConnectionsOptions extends ControlCommandOptions {
  /** Only this listener's connections. */
  readonly listener?: string;
}

export function connections({ listener, ...options }: ConnectionsOptions): Promise<ExitCode> {
  const path = listener === undefined ? "/connections" : `/connections?listener=${encodeURIComponent(listener)}`;
  return askServer(options, { method: "GET", path }, (answer: { readonly connections: readonly ConnectionReport[] }) =>
    describe(answer.connections),
  );
}

function describe(reports: readonly ConnectionReport[]): string {
  if (reports.length === 0) return "No connections.";
  const header = [
    "CONNECTION",
    "LISTENER",
    "DOCUMENT",
    "PEER",
    "AGE",
    "USER",
    "STATE",
    "SESSION",
    "TLS",
    "READ",
    "WRITTEN",
  ];
  const rows = reports.map(
    ({ id, listener, generation, peer, process, age, user, state, session, tls, bytesRead, bytesWritten }) => [
      id,
      listener,
      String(generation),
      process ? `${peer} (${process})` : peer,
      `${Math.floor(age / 1_000)}s`,
      user ?? "-",
      state,
      session ?? "-",
      tls?.version ?? "-",
      String(bytesRead),
      String(bytesWritten),
    ],
  );
  return table([header, ...rows], terminalWidth());
}
