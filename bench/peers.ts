/** Other servers with the same dialogue, measured beside Gatehouse if they are installed. */
import type { MeasuredServer } from "./server-process.ts";
import { startServer } from "./server-process.ts";
import { nginxMissing, startNginx } from "./servers/nginx.ts";
import { isPeerInstalled } from "./servers/npm-peers.ts";
import { postfixMissing, startPostfix } from "./servers/postfix.ts";
import { ranchMissing, startRanch } from "./servers/ranch.ts";

export interface Peer {
  readonly name: string;
  /** Highest ratio of Gatehouse's short connection to the peer's; null if it is only shown. */
  readonly goal: number | null;
  /** It accepts messages, and discards them. */
  readonly discards: boolean;
  /** Connections at a time, for a peer that waits on purpose; by default as for all others. */
  readonly concurrency?: number;
  /** Why it cannot be measured here, or null. */
  missing(): string | null;
  /** It may use this empty directory. */
  start(directory: string): Promise<MeasuredServer>;
}

const npm = (module: string) => (isPeerInstalled(module) ? null : "not installed; `npm run bench:peers` installs it");

export const peers: readonly Peer[] = [
  { name: "Ranch", goal: 0.8, discards: false, missing: ranchMissing, start: startRanch },
  {
    name: "smtp-server",
    goal: 0.6,
    discards: true,
    // It waits 100 ms for clients that speak too early.
    concurrency: 400,
    missing: () => npm("smtp-server"),
    start: () => startServer("smtp-server"),
  },
  { name: "Postfix smtpd", goal: 0.35, discards: false, concurrency: 20, missing: postfixMissing, start: startPostfix },
  {
    name: "Haraka",
    goal: 0.25,
    discards: true,
    missing: () => npm("Haraka/haraka.js"),
    start: () => startServer("haraka"),
  },
  { name: "nginx mail", goal: null, discards: false, missing: nginxMissing, start: startNginx },
];
