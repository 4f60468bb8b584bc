/** `gatehouse block`, `unblock` and `blocked`: the block list of the running server. */
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import { columns } from "./columns.ts";
import type { ExitCode } from "./exit-codes.ts";

export interface BlockOptions extends ControlCommandOptions {
  readonly expiresAt?: string;
  readonly reason?: string;
}

/** The answer in JSON. */
interface BlockedAnswer {
  readonly blocked: readonly {
    readonly address: string;
    readonly expiresAt: string | null;
    readonly reason: string | null;
  }[];
}

export function block(address: string, { expiresAt, reason, ...options }: BlockOptions): Promise<ExitCode> {
  return askServer(
    options,
    { method: "POST", path: "/block", body: { address, expiresAt, reason } },
    {
      describe: () =>
        `${address} is blocked${expiresAt ? ` until ${expiresAt}` : ""}. Connections that are open go on; "gatehouse close" ends one.`,
      example: "gatehouse block 192.0.2.0/24 --expires-at 2030-01-31T12:00:00Z",
    },
  );
}

export function unblock(address: string, options: ControlCommandOptions): Promise<ExitCode> {
  return askServer(
    options,
    { method: "POST", path: "/unblock", body: { address } },
    { describe: () => `${address} is not blocked any more.`, example: "gatehouse unblock 192.0.2.0/24" },
  );
}

export function blocked(options: ControlCommandOptions): Promise<ExitCode> {
  return askServer(options, { method: "GET", path: "/blocked" }, describe);
}

function describe({ blocked: entries }: BlockedAnswer): string {
  if (entries.length === 0) return "Nobody is blocked.";
  return columns(
    entries.map(({ address, expiresAt, reason }) => [address, expiresAt ? `until ${expiresAt}` : "", reason ?? ""]),
  );
}
