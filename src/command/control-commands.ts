/** The subcommands that talk to the server which runs with a data folder. */
import { type Command, Option } from "commander";
import type { SubcommandContext } from "./subcommand.ts";

export function addControlCommands(program: Command, { data, finish }: SubcommandContext): void {
  const add = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .addOption(data())
      .addOption(new Option("--json", "print the server's answer as JSON"));

  add("reload", "make the running server read its document again, and print what it changed").action(
    async (options) => {
      const { reload } = await import("./reload.ts");
      finish(await reload(options));
    },
  );
  add("upgrade", "start the program on disk in place of the running server; no client is refused").action(
    async (options) => {
      const { upgrade } = await import("./upgrade.ts");
      finish(await upgrade(options));
    },
  );
  add("status", "show the state of the running server and its listeners")
    .option("--fleet", "show all nodes of its fleet")
    .action(async (options) => {
      const { status } = await import("./status.ts");
      finish(await status(options));
    });
  add("connections", "list the connections of the running server")
    .option("-l, --listener <name>", "only connections of this listener")
    .action(async (options) => {
      const { connections } = await import("./connections.ts");
      finish(await connections(options));
    });
  add("close", "end one connection at its session's next safe point")
    .argument("<connection>", "its id, as in `connections` and the log")
    .option("--now", "do not wait for a safe point")
    .action(async (connection, options) => {
      const { close } = await import("./close.ts");
      finish(await close(connection, options));
    });
  add("drain", "have one node of the fleet drain and end, from any other")
    .argument("<node>", "its name in the fleet")
    .action(async (node, options) => {
      const { drain } = await import("./drain.ts");
      finish(await drain(node, options));
    });
  add("suspend", "stop accepting on one listener, or on all; clients wait in the kernel's queue")
    .argument("[listener]")
    .action(async (listener, options) => {
      const { suspend } = await import("./suspend.ts");
      finish(await suspend(listener, options));
    });
  add("resume", "accept again on one listener, or on all")
    .argument("[listener]")
    .action(async (listener, options) => {
      const { resume } = await import("./suspend.ts");
      finish(await resume(listener, options));
    });
  add(
    "explain",
    "show what would become of a client now: rules, limits, certificate, and the states that it would pass",
  )
    .argument("<address>")
    .argument("<listener>")
    .option("--server-name <name>", "the name that it requests by SNI")
    .option("--proxied", "it comes through a trusted proxy, whose PROXY header names this address")
    .action(async (address, listener, options) => {
      const { explain } = await import("./explain.ts");
      finish(await explain({ address, listener }, options));
    });
  add("block", "refuse clients from an address or network, until the server ends or the given time")
    .argument("<address>")
    .option("--expires-at <time>", 'when the block ends, for example "2030-01-31T12:00:00Z"')
    .option("--reason <text>", "a note for people who read the list")
    .action(async (address, options) => {
      const { block } = await import("./block.ts");
      finish(await block(address, options));
    });
  add("unblock", "remove an address or network from the block list")
    .argument("<address>")
    .action(async (address, options) => {
      const { unblock } = await import("./block.ts");
      finish(await unblock(address, options));
    });
  add("blocked", "print the block list of the running server").action(async (options) => {
    const { blocked } = await import("./block.ts");
    finish(await blocked(options));
  });
}
