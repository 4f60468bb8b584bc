/** `gatehouse close`: end one connection of the running server. */
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import type { ExitCode } from "./exit-codes.ts";

export interface CloseOptions extends ControlCommandOptions {
  /** Do not wait for a safe point. */
  readonly now?: true;
}

export function close(connection: string, { now, ...options }: CloseOptions): Promise<ExitCode> {
  const describe = () =>
    now ? `Connection ${connection} is ended.` : `Connection ${connection} ends at its session's next safe point.`;
  return askServer(options, { method: "POST", path: "/close", body: { connection, now } }, describe);
}
