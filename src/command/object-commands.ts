/** The subcommands that read and change the objects of the management API. */
import { type Command, Option } from "commander";
import type { SubcommandContext } from "./subcommand.ts";

const anyObject = "like NetworkListener, Certificate or Connection";
const itsFields = "as field=value, field/member=value, field+=member, or one JSON object";

export function addObjectCommands(
  program: Command,
  { config, data, finish, servers }: SubcommandContext & { config(): Option; readonly servers: string },
): void {
  const add = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .addOption(data())
      .addOption(new Option("--json", "print the server's answer as JSON"));
  const addChange = (name: string, description: string) =>
    add(name, description).addOption(new Option("--dry-run", "print what would happen, and change nothing"));
  const withFields = (command: Command) =>
    command
      .addOption(new Option("--field <field=value>", "the same as without --field").argParser(collected))
      .addOption(new Option("--file <file>", "read a JSON object with fields from this file"))
      .addOption(new Option("--stdin", "read a JSON object with fields from standard input"));

  add("get", "print objects of the running server with all their fields, by their ids, or all of one kind")
    .argument("<object>", anyObject)
    .argument("[id...]")
    .action(async (object, ids, options) => {
      const { get } = await import("./objects/read-objects.ts");
      finish(await get(object, ids, options));
    });
  add("query", "list objects of the running server, those that conditions hold for")
    .argument("<object>", anyObject)
    .argument("[condition...]", "like protocol=smtp or ageIsGreaterThan=60000")
    .action(async (object, conditions, options) => {
      const { query } = await import("./objects/read-objects.ts");
      finish(await query(object, conditions, options));
    });
  const create = withFields(addChange("create", "add an object to the running server's document"))
    .argument("<object>", "like NetworkListener, Certificate or Account")
    .argument("[field...]", itsFields)
    .action(async (object, fields, options) => {
      const { create } = await import("./objects/change-objects.ts");
      finish(await create(object, fields, options));
    });
  const update = withFields(addChange("update", "change an object of the running server's document"))
    .argument("<object>", "like NetworkListener, or SystemSettings, which needs no id")
    .argument("[id-and-field...]", `its id, then ${itsFields}`)
    .action(async (object, given, options) => {
      const { update } = await import("./objects/change-objects.ts");
      finish(await update(object, given, options));
    });
  addChange("delete", "take objects out of the running server's document")
    .argument("<object>", "like NetworkListener, Certificate or Account")
    .argument("<id...>")
    .action(async (object, ids, options) => {
      const { destroy } = await import("./objects/change-objects.ts");
      finish(await destroy(object, ids, options));
    });
  program
    .command("describe")
    .description("print the objects there are, or the fields of one")
    .argument("[object]")
    .action(async (object) => {
      const { describeObjects } = await import("./objects/describe-objects.ts");
      finish(describeObjects(object));
    });
  addChange("apply", "change the running server's document by a plan, as one transaction")
    .argument("[file]", "one JSON object a line, as `snapshot` prints it; - for standard input")
    .addOption(new Option("--file <file>", "the same as without --file"))
    .addOption(new Option("--stdin", "the same as -"))
    .action(async (file, options) => {
      const { apply } = await import("./objects/apply.ts");
      finish(await apply(file, options));
    });
  program
    .command("import")
    .helpGroup(servers)
    .description("put what Stalwart's client or API printed into the document, whether a server runs or not")
    .argument("<file>", "a snapshot, answers of /get, or objects, as JSON; - for standard input")
    .addOption(config())
    .addOption(data())
    .addOption(new Option("--object <object>", "the kind of objects that do not say it themselves"))
    .addOption(new Option("--dry-run", "print what would be taken, and change nothing"))
    .addOption(new Option("--json", "print what was taken as JSON"))
    .action(async (file, options) => {
      const { importFile } = await import("./import/import.ts");
      finish(await importFile(file, options));
    });
  program
    .command("snapshot")
    .description("print what the running server's document holds, without secrets, as a plan for `apply`")
    .addOption(data())
    .action(async (options) => {
      const { snapshot } = await import("./objects/snapshot.ts");
      finish(await snapshot(options));
    });
  program.hook("preSubcommand", async (_, command) => {
    if (command === create || command === update) await addFieldsToHelp(command, program.args);
  });
}

/** `gatehouse create NetworkListener --help` shows the fields of a listener, too. */
async function addFieldsToHelp(command: Command, given: readonly string[]): Promise<void> {
  if (!given.some((argument) => argument === "--help" || argument === "-h")) return;
  const [, object = ""] = given.filter((argument) => !argument.startsWith("-"));
  const { describeObject, listOfObjects } = await import("./objects/describe-objects.ts");
  const { findObject, objectNames } = await import("./objects/object-names.ts");
  const name = findObject(object, objectNames.writable);
  command.addHelpText("after", `\n${name === null ? listOfObjects() : describeObject(name)}`);
}

function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
