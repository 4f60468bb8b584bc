/** `gatehouse suspend` and `gatehouse resume`: stop accepting, and accept again. */
import type { ListenerReport } from "../control/reports.ts";
import { askServer, type ControlCommandOptions } from "./ask-server.ts";
import type { ExitCode } from "./exit-codes.ts";
import { describeListeners } from "./status.ts";

/** @param listener all of them when left out. */
export function suspend(listener: string | undefined, options: ControlCommandOptions): Promise<ExitCode> {
  return change("suspend", listener, options);
}

/** @param listener all of them when left out. */
export function resume(listener: string | undefined, options: ControlCommandOptions): Promise<ExitCode> {
  return change("resume", listener, options);
}

function change(
  what: "suspend" | "resume",
  listener: string | undefined,
  options: ControlCommandOptions,
): Promise<ExitCode> {
  return askServer(
    options,
    { method: "POST", path: `/${what}`, body: { listener } },
    ({ listeners }: { readonly listeners: readonly ListenerReport[] }) => describeListeners(listeners),
  );
}
