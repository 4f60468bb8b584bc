/** `gatehouse drain`: have one node of the fleet drain and end. */
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import type { ExitCode } from "./exit-codes.ts";

export function drain(node: string, options: ControlCommandOptions): Promise<ExitCode> {
  return askServer(
    options,
    { method: "POST", path: "/drain", body: { node } },
    () => `Node ${node} drains: it accepts nobody, and ends when its last session has.`,
  );
}
