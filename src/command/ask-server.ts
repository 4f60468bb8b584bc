/** Sends one request to the running server, and prints its answer in words or as JSON, or why there is none. */
import { printableJson } from "../config/values/printable.ts";
import { askControl, type ControlRequest, ControlUnreachableError } from "../control/control-client.ts";
import type { ControlProblem } from "../control/problems.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, say } from "./output.ts";

export interface ControlCommandOptions {
  readonly data: string;
  readonly json?: true;
}

/** What is said of an answer. */
interface Saying<Answer> {
  describe(answer: Answer): string;
  /** The command as it is written, for those whose arguments could not be read. */
  readonly example?: string;
  /** What is to be said of a refusal, after the server's own words. */
  refused?(problem: ControlProblem): void;
}

const olderServer =
  'The running server does not know this command. It may be older than the program on disk: try "gatehouse upgrade", or start it again.';

/** @param saying puts the answer into words. Refusals are printed in the server's own words. */
export async function askServer<Answer>(
  { data, json }: ControlCommandOptions,
  request: ControlRequest,
  saying: Saying<Answer>["describe"] | Saying<Answer>,
): Promise<ExitCode> {
  const { describe, example, refused }: Saying<Answer> = typeof saying === "function" ? { describe: saying } : saying;
  try {
    const { status, body } = await askControl(data, request);
    const done = status < 300;
    if (json) say(printableJson(body));
    else if (done) say(describe(body as Answer));
    if (!done && !json) {
      const problem = body as ControlProblem;
      complain(problem.error.code === "not-found" ? olderServer : problem.error.message);
      if (example !== undefined && status === 400) complain(`For example: ${example}`);
      refused?.(problem);
    }
    return done ? exitCodes.ok : exitCodes.configuration;
  } catch (error) {
    if (!(error instanceof ControlUnreachableError)) throw error;
    complain(error.message);
    return exitCodes.unreachable;
  }
}
