/** The subcommands of `gatehouse token`. */
import { type Command, Option } from "commander";
import type { SubcommandContext } from "./subcommand.ts";

export function addTokenCommands(program: Command, { data, finish }: SubcommandContext): void {
  const token = program.command("token").description("make, list and revoke tokens, by which programs manage a server");
  const add = (name: string, description: string) =>
    token
      .command(name)
      .description(description)
      .addOption(data())
      .addOption(new Option("--json", "print the outcome as JSON"));

  add("create", "make a token, and print it this one time; a running server takes it at once")
    .requiredOption("--name <name>", "what it is called in the log and in the list")
    .requiredOption(
      "--permissions <list>",
      "like sysMetricsGet,sysConnectionQuery; observer or admin for all of a role",
    )
    .option("--expires-at <time>", 'when it ends, for example "2030-01-31T12:00:00Z"; never unless given')
    .action(async (options) => {
      const { createToken } = await import("./token.ts");
      finish(await createToken(options));
    });
  add("list", "show the tokens there are, by name").action(async (options) => {
    const { listTokens } = await import("./token.ts");
    finish(await listTokens(options));
  });
  add("revoke", "take a token away; a running server refuses it at once")
    .alias("delete")
    .argument("<name>")
    .action(async (name, options) => {
      const { revokeToken } = await import("./token.ts");
      finish(await revokeToken(name, options));
    });
}
