/** The subcommands that ask the server which runs with a data folder, or tell it something. */
import { type Command, Option } from "commander";
import { block, blocked, unblock } from "./block.ts";
import { connections } from "./connections.ts";
import type { ExitCode } from "./exit-codes.ts";
import { reload } from "./reload.ts";
import { status } from "./status.ts";
import { resume, suspend } from "./suspend.ts";

interface Surroundings {
  /** The option `--data`. */
  data(): Option;
  finish(code: ExitCode): void;
}

export function addControlCommands(program: Command, { data, finish }: Surroundings): void {
  const add = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .addOption(data())
      .addOption(new Option("--json", "print the server's answer as JSON"));

  add("reload", "have the running server read its document again, and say what it changed").action(async (options) =>
    finish(await reload(options)),
  );
  add("status", "say how the running server and its listeners are").action(async (options) =>
    finish(await status(options)),
  );
  add("connections", "list the connections of the running server")
    .option("-l, --listener <name>", "only this listener's")
    .action(async (options) => finish(await connections(options)));
  add("suspend", "stop accepting on one listener, or on all; clients wait in the kernel's queue")
    .argument("[listener]")
    .action(async (listener, options) => finish(await suspend(listener, options)));
  add("resume", "accept again on one listener, or on all")
    .argument("[listener]")
    .action(async (listener, options) => finish(await resume(listener, options)));
  add("block", "let nobody in from an address or network, until the server ends or the time given")
    .argument("<address>")
    .option("--expires-at <time>", 'until then, for example "2030-01-31T12:00:00Z"')
    .option("--reason <text>", "for whoever reads the list")
    .action(async (address, options) => finish(await block(address, options)));
  add("unblock", "take an address or network out of the block list")
    .argument("<address>")
    .action(async (address, options) => finish(await unblock(address, options)));
  add("blocked", "list whom the running server lets nobody in from").action(async (options) =>
    finish(await blocked(options)),
  );
}
