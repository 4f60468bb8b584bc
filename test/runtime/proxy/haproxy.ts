import { join } from "node:path";
import { LISTENER_FD, type ProxyProgram, startProxy } from "./proxy-program.ts";

export const HAPROXY = "/usr/sbin/haproxy";

export interface HaproxyOptions {
  /** Of the clients' side; 127.0.0.1 by default. */
  readonly address?: string;
  /** After `bind fd@3`. */
  readonly bind?: string;
  /** Further lines of the frontend. */
  readonly frontend?: readonly string[];
  /** After the server's address, e.g. `send-proxy`. */
  readonly server: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** HAProxy in front of a port of the loopback interface, or of the file of a Unix socket. */
export function haproxy(place: number | string, options: HaproxyOptions): Promise<ProxyProgram> {
  return startProxy({
    program: HAPROXY,
    address: options.address ?? "127.0.0.1",
    files: options.files ?? {},
    args: (file) => ["-db", "-f", file],
    configuration: ({ directory }) => `
global
  nbthread 1
  ssl-server-verify none
  crt-base ${directory}
  ca-base ${directory}
defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
frontend clients
  bind fd@${LISTENER_FD} ${options.bind ?? ""}
  bind unix@${join(directory, "clients.sock")}
${(options.frontend ?? []).map((line) => `  ${line}\n`).join("")}  default_backend gatehouse
backend gatehouse
  server one ${typeof place === "number" ? `127.0.0.1:${place}` : `unix@${place}`} ${options.server}
`,
  });
}
