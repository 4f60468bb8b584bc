/** Options and subcommands for inspecting the machines. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { chartFormats } from "./chart-formats.ts";
import type { SubcommandContext } from "./subcommand.ts";

/** The options of `serve`. */
export function addInspectionOptions(serve: Command): Command {
  return serve
    .addOption(new Option("--inspect [port]", "show the machines in a page on loopback").argParser(integer(0, 65_535)))
    .addOption(
      new Option("--inspect-page <page>", "Gatehouse's own page, or Stately's, which needs the internet")
        .choices(["local", "stately"])
        .default("local"),
    )
    .addOption(new Option("--record <file>", "record what the machines do, as JSON lines"))
    .addOption(
      new Option("--record-size <octets>", "how large that file may grow; 64 MiB by default").argParser(integer(1_024)),
    )
    .addOption(new Option("--inspect-sample <n>", "watch one connection in n").argParser(integer(1)))
    .addOption(
      new Option("--inspect-max <n>", "watch at most n connections at once; 100 by default").argParser(integer(1)),
    )
    .addOption(new Option("--inspect-listener <name...>", "watch only connections of these listeners"))
    .addOption(
      new Option("--inspect-address <network...>", "watch only clients of these addresses or networks, or unix:"),
    )
    .addOption(new Option("--inspect-failures", "watch only connections that fail"));
}

export function addInspectionCommands(program: Command, { data, finish }: SubcommandContext): void {
  program
    .command("inspect")
    .description("show the actors of any project with XState 5 in a page on loopback, without the internet")
    .addOption(
      new Option("--port <port>", "the page's port; a free one by default").argParser(integer(0, 65_535)).default(0),
    )
    .action(async ({ port }) => {
      const { StopSignals } = await import("./stop-signals.ts");
      const signals = new StopSignals();
      const { inspect } = await import("./inspect.ts");
      finish(await inspect(port, signals));
    });
  program
    .command("replay")
    .description("step through a recording, and check that today's charts take the same path")
    .argument("<file>")
    .action(async (file) => {
      const { replay } = await import("./replay.ts");
      finish(await replay(file));
    });
  program
    .command("charts")
    .description("draw the machines' charts, one or all")
    .argument("[name]")
    .addOption(new Option("--format <format>", "the format of the drawing").choices(chartFormats).default("mermaid"))
    .option("--out <dir>", "write a file for each to this folder, instead of standard output")
    .option("--live", "show how many are in each state of the running server")
    .addOption(data())
    .action(async (name, options) => {
      const { drawCharts } = await import("./charts.ts");
      finish(await drawCharts(name, options));
    });
}

function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `It must be an integer from ${least} on.`
        : `It must be an integer from ${least} to ${most}.`,
    );
  };
}
