/** `gatehouse upgrade`: the program on disk takes over from the running server; ends when it accepts, or has failed. */
import type { ControlProblem } from "../control/problems.ts";
import type { UpgradeReport } from "../runtime/upgrade/upgrader.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import type { ExitCode } from "./exit-codes.ts";
import { complain } from "./output.ts";

/** A successor may take any time that the document gives it, in milliseconds. */
const answerTimeout = 24 * 60 * 60_000;

export function upgrade(options: ControlCommandOptions): Promise<ExitCode> {
  return askServer(
    options,
    { method: "POST", path: "/upgrade", timeout: answerTimeout },
    {
      describe: ({ pid }: UpgradeReport) => `The successor (pid ${pid}) accepts; the former server drains.`,
      refused: sayWords,
    },
  );
}

function sayWords({ error: { words = "" } }: ControlProblem): void {
  if (words !== "") complain(`The successor said:\n${words}`);
}
