/** `gatehouse create`, `update` and `delete`: the objects of the running server's document, changed as one transaction. */
import { printableJson } from "../../config/values/printable.ts";
import { type MethodAnswer, withJmap } from "../ask-jmap.ts";
import type { ControlCommandOptions } from "../ask-server.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { complain, say } from "../output.ts";
import { givenFields, nested } from "./field-arguments.ts";
import { isSingleton, objectNamed, objectNames, titleOf, type Value } from "./object-names.ts";
import { readText } from "./plan-file.ts";
import { describeRefusal, keptText, refusalsIn } from "./set-answer.ts";

export interface ChangeOptions extends ControlCommandOptions {
  /** Say what would happen, and change nothing. */
  readonly dryRun?: true;
}

export interface FieldOptions extends ChangeOptions {
  /** As Stalwart's client takes them. */
  readonly field?: readonly string[];
  /** Holds a JSON object. */
  readonly file?: string;
  readonly stdin?: true;
}

export async function create(object: string, given: readonly string[], options: FieldOptions): Promise<ExitCode> {
  const name = objectNamed(object, objectNames.writable);
  if (name === null) return exitCodes.usage;
  if (isSingleton(name)) return misused(`There is one ${name.slice(2)}, always: gatehouse update ${name.slice(2)} …`);
  const fields = await fieldsOf(name, given, options);
  if (fields === null) return exitCodes.usage;
  return change({ object: name, args: { create: { new: nested(fields) } } }, options, (answer) => {
    const { id = "" } = (answer["created"] as Readonly<Record<string, { id?: string }>>)["new"] ?? {};
    return [`${titleOf(name, id)} ${options.dryRun ? "would be" : "is"} created.`];
  });
}

/** @param given first of all the id, unless there is only one such object */
export async function update(object: string, given: readonly string[], options: FieldOptions): Promise<ExitCode> {
  const name = objectNamed(object, objectNames.writable);
  if (name === null) return exitCodes.usage;
  const { id, rest } = idIn(name, given);
  const what = name.slice(2);
  if (id === null) return misused(`gatehouse update ${what} needs the id of one: gatehouse query ${what} lists them.`);
  const fields = await fieldsOf(name, rest, options);
  if (fields === null) return exitCodes.usage;
  if (Object.keys(fields).length === 0)
    return misused(`Give what is to change, as field=value; gatehouse describe ${what} lists the fields.`);
  return change({ object: name, args: { update: { [id]: fields } } }, options, () => [
    `${titleOf(name, id)} ${options.dryRun ? "would be" : "is"} updated.`,
  ]);
}

export async function destroy(object: string, ids: readonly string[], options: ChangeOptions): Promise<ExitCode> {
  const name = objectNamed(object, objectNames.writable);
  if (name === null) return exitCodes.usage;
  if (isSingleton(name)) return misused(`There is one ${name.slice(2)}, always: it cannot be deleted.`);
  return change({ object: name, args: { destroy: ids } }, options, (answer) =>
    (answer["destroyed"] as readonly string[]).map(
      (id) => `${titleOf(name, id)} ${options.dryRun ? "would be" : "is"} deleted.`,
    ),
  );
}

async function fieldsOf(
  object: string,
  given: readonly string[],
  { field = [], file, stdin }: FieldOptions,
): Promise<Value | null> {
  const source = stdin ? "-" : file;
  const text = source === undefined ? null : await readText(source);
  if (text !== null && typeof text !== "string") {
    complain(text.problem);
    return null;
  }
  const { fields, problems } = givenFields(object, [...(text === null ? [] : [text.trim()]), ...given, ...field]);
  for (const problem of problems) complain(problem);
  return problems.length > 0 ? null : fields;
}

function idIn(
  object: string,
  given: readonly string[],
): { readonly id: string | null; readonly rest: readonly string[] } {
  const [first, ...rest] = given;
  if (isSingleton(object)) return { id: "singleton", rest: first === "singleton" ? rest : given };
  return first === undefined || first.startsWith("{") || first.includes("=") ? { id: null, rest } : { id: first, rest };
}

interface Change {
  readonly object: string;
  readonly args: Value;
}

/** @param describe what was done, a line each */
function change(
  { object, args }: Change,
  { data, dryRun, json }: ChangeOptions,
  describe: (answer: MethodAnswer) => readonly string[],
): Promise<ExitCode> {
  return withJmap(data, async (call) => {
    const [answer = {}] = await call([[`${object}/set`, dryRun ? { ...args, dryRun } : args, "s"]]);
    const refusals = refusalsIn(answer);
    const code = refusals.length > 0 ? exitCodes.configuration : exitCodes.ok;
    if (json) {
      say(printableJson(answer));
      return code;
    }
    for (const refusal of refusals) {
      const name = refusal.verb === "create" ? nameGiven(args) : refusal.key;
      if (refusal.isToBlame) complain(describeRefusal(object, name, refusal));
    }
    if (refusals.length > 1 && refusals.some(({ isToBlame }) => !isToBlame)) complain("Nothing was changed.");
    if (refusals.length === 0)
      say(
        [describe(answer).join("\n"), String(answer["planText"]).trimEnd(), ...keptText(answer["keptIn"])].join("\n\n"),
      );
    return code;
  });
}

/** What is to be created has no id yet. */
function nameGiven({ create: given }: Value): string {
  const { name, address } = (given as Readonly<Record<string, Value>>)["new"] ?? {};
  const text = name ?? address;
  return typeof text === "string" ? text : "";
}

function misused(text: string): ExitCode {
  complain(text);
  return exitCodes.usage;
}
