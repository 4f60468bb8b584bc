/** `gatehouse check`: would this document start here, as far as can be known without binding anything? */
import { describeConfiguration, describePlan, planReload, readConfiguration } from "../config/index.ts";
import { hungCalls } from "../files/index.ts";
import { checkGatehouse } from "../gatehouse.ts";
import { loadRedis } from "../runtime/fleet/redis-engine.ts";
import { chooseConfiguration, documentName } from "./configuration-file.ts";
import { endWithin } from "./end-process.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, messagesOf, say } from "./output.ts";

/** Milliseconds that the process may take to end when a file hangs. */
const endAllowance = 1_000;

export interface CheckOptions {
  readonly config?: string;
  /** The data folder, which keeps the changes of a read-only document. */
  readonly data: string;
  /** The document in use: also print what a change from it to `config` would do. */
  readonly against?: string;
  /** Also print what is as by default. */
  readonly all?: true;
}

export async function check(options: CheckOptions): Promise<ExitCode> {
  try {
    const { configuration, document } = await chooseConfiguration(options.config, options.data);
    for (const warning of await checkGatehouse({ config: configuration })) complain(`warning: ${warning}`);
    if (configuration.system.cluster) await loadRedis();
    const name = documentName(document);
    if (options.against === undefined)
      say(`${name} is valid.\n\n${describeConfiguration(configuration, { all: options.all ?? false })}`);
    else {
      const before = await readConfiguration(options.against);
      say(`${name} is valid. From ${options.against} to it:\n\n${describePlan(planReload(before, configuration))}`);
    }
    return exitCodes.ok;
  } catch (error) {
    for (const message of messagesOf(error)) complain(message);
    return exitCodes.configuration;
  } finally {
    if (hungCalls() > 0) endWithin(endAllowance);
  }
}
