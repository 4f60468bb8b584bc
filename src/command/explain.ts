/** `gatehouse explain`: what would become of a client now. */
import type { ExplainedOutcome, Explanation } from "../runtime/explain/explanation.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import { columns } from "./columns.ts";
import type { ExitCode } from "./exit-codes.ts";

export interface ExplainOptions extends ControlCommandOptions {
  readonly serverName?: string;
  readonly proxied?: true;
}

export function explain(
  { address, listener }: { readonly address: string; readonly listener: string },
  { serverName, proxied, ...options }: ExplainOptions,
): Promise<ExitCode> {
  const body = { address, listener, serverName, proxied };
  return askServer(options, { method: "POST", path: "/explain", body }, describe);
}

const outcomes: Readonly<Record<ExplainedOutcome, string>> = {
  served: "would be served",
  "proxy-header": "would be let in, and owes a PROXY header",
  waits: "would wait in the kernel's queue",
  refused: "would be refused",
  "tls-failed": "would fail the TLS handshake",
  unreachable: "would reach nobody",
};

function describe({ address, listener, outcome, steps, rules, tls }: Explanation): string {
  const parts = [`${address} ${outcomes[outcome]} on "${listener}".`];
  parts.push(columns(steps.map(({ chart, state, text }) => [chart, state, text])));
  const asked = rules.map(({ rule, refusal, limit, current }) => [
    rule,
    refusal ? "refuses" : "passes",
    limit === null ? (current === null ? "" : `${current}, no limit`) : `${current ?? 0} of ${limit}`,
  ]);
  parts.push(columns([["RULE", "VERDICT", "NOW"], ...asked]));
  if (tls) parts.push(`TLS: ${tls.versions.join(", ")}; ${tls.suites.join(", ")}`);
  if (tls && tls.clientAuth !== "none") parts.push(`client certificate: ${tls.clientAuth}`);
  return parts.join("\n\n");
}
