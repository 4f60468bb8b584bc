/** `gatehouse check`: would this document start here, as far as can be known without binding anything? */
import { describeConfiguration } from "../config/index.ts";
import { checkGatehouse } from "../gatehouse.ts";
import { chooseConfiguration } from "./configuration-file.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, messagesOf, say } from "./output.ts";

export async function check(options: { readonly config?: string }): Promise<ExitCode> {
  try {
    const { configuration, file } = chooseConfiguration(options.config);
    for (const warning of await checkGatehouse({ config: configuration })) complain(`warning: ${warning}`);
    say(`${file ?? "The built-in example"} is valid.\n\n${describeConfiguration(configuration)}`);
    return exitCodes.ok;
  } catch (error) {
    for (const message of messagesOf(error)) complain(message);
    return exitCodes.configuration;
  }
}
