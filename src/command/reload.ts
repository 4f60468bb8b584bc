/** `gatehouse reload`: the running server reads its document again; ends when that is in force, or was refused. */
import type { ReloadAnswer } from "../control/reports.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import type { ExitCode } from "./exit-codes.ts";
import { complain } from "./output.ts";

export function reload(options: ControlCommandOptions): Promise<ExitCode> {
  return askServer(options, { method: "POST", path: "/reload" }, (answer: ReloadAnswer) => {
    for (const warning of answer.warnings) complain(`warning: ${warning}`);
    return describe(answer);
  });
}

function describe({ generation, text, certificatesChanged, draining }: ReloadAnswer): string {
  const drains = Object.entries(draining).filter(([, count]) => count > 0);
  const lines = [
    ...(certificatesChanged ? ["Other certificates or keys are served than before."] : []),
    ...drains.map(([name, count]) => `${name}: ${count} ${count === 1 ? "connection drains" : "connections drain"}`),
  ];
  return [`Document ${generation} is in force:\n\n${text.trimEnd()}`, ...lines].join("\n");
}
