#!/usr/bin/env node
/** The command's entry point; each subcommand has its file in `src/command`, loaded on demand. */
import "./command/refused-signals.ts";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { addControlCommands } from "./command/control-commands.ts";
import { type ExitCode, exitCodes } from "./command/exit-codes.ts";
import { addInspectionCommands, addInspectionOptions } from "./command/inspection-commands.ts";
import { addObjectCommands } from "./command/object-commands.ts";
import { complain, print, say } from "./command/output.ts";
import { addTokenCommands } from "./command/token-commands.ts";
import { runningVersion } from "./package-version.ts";

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
const servers = "A server and its document:";
const defaultData = "gatehouse-data";

function createCommand(finish: (code: ExitCode) => void): Command {
  const program = new Command("gatehouse")
    .description("Listeners for mail and other servers, from one document.")
    .version(runningVersion)
    .exitOverride()
    .configureOutput({ writeOut: (text) => print("stdout", text), writeErr: (text) => print("stderr", text) });
  const config = () =>
    new Option("-c, --config <file>", "the document; gatehouse.json if there is one, else a built-in example");
  const data = () => new Option("-d, --data <dir>", "where mail, keys and accounts are kept").default(defaultData);

  program.commandsGroup(servers);
  const serving = program
    .command("serve")
    .description("listen, until SIGTERM or SIGINT; a second signal does not wait for sessions; the default")
    .addOption(config())
    .addOption(data())
    .addOption(new Option("--user <user>", "run as this user, by name or id, once every address is bound"))
    .addOption(new Option("--group <group>", "with --user: this group instead of the user's own"))
    .addOption(
      new Option("--workers <count>", "threads that accept and serve, or auto; else as the document says").argParser(
        workersOption,
      ),
    )
    .addOption(
      new Option("--node <name>", "name of this node within a fleet; else as the document says, or the host name")
        .env("GATEHOUSE_NODE")
        .argParser(nodeOption),
    )
    .addOption(new Option("--log-level <level>", "how much to log").choices(logLevels).default("info"))
    .action(async (options) => {
      // First, and small: a signal that comes while the rest is being loaded counts.
      const { StopSignals } = await import("./command/stop-signals.ts");
      const signals = new StopSignals();
      const { keepCompiledCode } = await import("./command/compiled-code.ts");
      keepCompiledCode(options.data);
      const { serve } = await import("./command/serve.ts");
      finish(await serve(options, signals));
    });
  addInspectionOptions(serving);
  program
    .command("check")
    .description("check the document, and print what differs from the defaults")
    .addOption(config())
    .addOption(data())
    .option("--all", "print all effective settings")
    .option("--against <file>", "print what would change from this document to the one checked")
    .action(async (options) => {
      const { check } = await import("./command/check.ts");
      finish(await check(options));
    });
  program
    .command("schema")
    .description("print the JSON Schema of the document, for editors")
    .action(async () => {
      const { jsonSchema } = await import("./config/document/json-schema.ts");
      say(JSON.stringify(jsonSchema(), null, 2));
    });
  program.commandsGroup("The running server:");
  addControlCommands(program, { data, finish });
  program.commandsGroup("Its objects, as the management API has them:");
  addObjectCommands(program, { config, data, finish, servers });
  program.commandsGroup("Mail, passwords and tokens:");
  program
    .command("messages")
    .argument("[id]", "print this message, or the latest")
    .description("list the messages received, or print one as it was sent")
    .addOption(data())
    .option("-a, --account <address>", "only messages of this account")
    .action(async (id, options) => {
      const { messages } = await import("./command/messages.ts");
      finish(await messages(id, options));
    });
  addTokenCommands(program, { data, finish });
  program
    .command("password-hash")
    .description("read a password from standard input and print its hash for an Account's secret")
    .action(async () => {
      const { passwordHash } = await import("./command/password-hash.ts");
      finish(await passwordHash());
    });
  program.commandsGroup("The machines:");
  addInspectionCommands(program, { data, finish });
  program.addHelpText(
    "after",
    "\nExit status: 0 done; 1 the document is invalid; 2 usage; 3 the server could not start; 4 no server runs there; 70 internal error; 74 what it prints could not be written.",
  );
  return program;
}

/** Without a command's name the arguments are those of `serve`; an unknown name is an error, and no argument of its. */
function withCommand(args: readonly string[]): string[] {
  const [first] = args;
  const isOwn = first !== undefined && ["-h", "--help", "-V", "--version"].includes(first);
  return first === undefined || (first.startsWith("-") && !isOwn) ? ["serve", ...args] : [...args];
}

async function main(): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  try {
    await createCommand((finished) => {
      code = finished;
    }).parseAsync(withCommand(process.argv.slice(2)), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return exitCodes.internal;
    }
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return code;
}

process.exitCode = await main();

function nodeOption(text: string): string {
  if (/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError("Give 1 to 64 letters, digits, dots, underscores or hyphens.");
}

function workersOption(text: string): number | "auto" {
  if (text === "auto") return text;
  if (/^([1-9]|[1-5]\d|6[0-4])$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number from 1 to 64, or "auto".');
}
