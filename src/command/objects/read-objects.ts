/** `gatehouse get` and `query`: the objects of the management API, read from the running server. */
import { printableJson } from "../../config/values/printable.ts";
import { withJmap } from "../ask-jmap.ts";
import type { ControlCommandOptions } from "../ask-server.ts";
import { columns, table } from "../columns.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { complain, say, terminalWidth } from "../output.ts";
import { allObjects, listIn } from "./all-objects.ts";
import { isSingleton, objectNamed, objectNames, schema, type Value } from "./object-names.ts";

/** Without ids: all of them. */
export async function get(object: string, ids: readonly string[], options: ControlCommandOptions): Promise<ExitCode> {
  const name = objectNamed(object, objectNames.readable);
  if (name === null) return exitCodes.usage;
  return withJmap(options.data, async (call) => {
    const [answer = {}] =
      ids.length > 0 ? await call([[`${name}/get`, { ids }, "g"]]) : [{ list: (await allObjects(call, name)).list }];
    const list = listIn(answer, "list");
    const missing: readonly unknown[] = listIn(answer, "notFound");
    if (options.json) say(printableJson(list));
    else if (list.length > 0) say(list.map(describe).join("\n\n"));
    for (const id of missing) complain(`There is no ${name.slice(2)} with the id ${JSON.stringify(id)}.`);
    return missing.length > 0 ? exitCodes.configuration : exitCodes.ok;
  });
}

/** @param conditions `field=value`; the value as JSON where it is such, else as text */
export async function query(
  object: string,
  conditions: readonly string[],
  options: ControlCommandOptions,
): Promise<ExitCode> {
  const name = objectNamed(object, objectNames.readable);
  if (name === null) return exitCodes.usage;
  if (isSingleton(name)) return get(object, [], options);
  return withJmap(options.data, async (call) => {
    const { list } = await allObjects(call, name, Object.fromEntries(conditions.map(conditionIn)));
    say(options.json ? printableJson(list) : tableOf(name, list));
  });
}

function conditionIn(condition: string): [string, unknown] {
  const at = condition.indexOf("=");
  const [field, text] = at < 0 ? [condition, "true"] : [condition.slice(0, at), condition.slice(at + 1)];
  try {
    return [field, JSON.parse(text)];
  } catch {
    return [field, text];
  }
}

function describe(value: Value): string {
  return columns(
    Object.entries(value).map(([field, member]) => [field, cell(member)]),
    terminalWidth(),
  );
}

function tableOf(name: string, list: readonly Value[]): string {
  const { columns: shown = [], pluralName = "objects", labelProperty } = schema.lists[name] ?? {};
  if (list.length === 0) return `No ${pluralName}.`;
  // What is called by its id is called by it once.
  const isNamed = list.every((one) => labelProperty !== undefined && one["id"] === one[labelProperty]);
  const fields = [...(isNamed ? [] : [{ name: "id", label: "ID" }]), ...shown];
  const header = fields.map(({ label }) => label.toUpperCase());
  const rows = list.map((one) => fields.map((field) => cell(one[field.name])));
  return table([header, ...rows], terminalWidth());
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "object") return String(value);
  const members = Object.entries(value);
  if (members.length === 0) return "-";
  return members.every(([, member]) => member === true) ? Object.keys(value).join(", ") : JSON.stringify(value);
}
