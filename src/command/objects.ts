/** `gatehouse get`, `query` and `snapshot`: the objects of the management API, read from the running server. */
import { printableJson } from "../config/values/printable.ts";
import { managementSchema } from "../management/schema/management-schema.ts";
import { type MethodAnswer, withJmap } from "./ask-jmap.ts";
import type { ControlCommandOptions } from "./ask-server.ts";
import { columns } from "./columns.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, say } from "./output.ts";

type Value = Readonly<Record<string, unknown>>;

const schema = managementSchema();
/** Those that can be read, without `x:`. */
const readable = Object.keys(schema.objects)
  .filter((name) => name !== "x:Action")
  .map((name) => name.slice(2));
/** As many as one `/get` answers with. */
const pageSize = 500;

/** Without ids: all of them. */
export async function get(object: string, ids: readonly string[], options: ControlCommandOptions): Promise<ExitCode> {
  const name = objectNamed(object);
  if (name === null) return exitCodes.usage;
  let missing: readonly unknown[] = [];
  const code = await withJmap(options.data, async (call) => {
    const [answer = {}] = await call([[`${name}/get`, { ids: ids.length > 0 ? ids : null }, "g"]]);
    missing = listIn(answer, "notFound");
    const list = listIn(answer, "list") as readonly Value[];
    if (options.json) say(printableJson(list));
    else if (list.length > 0) say(list.map(describe).join("\n\n"));
    for (const id of missing) complain(`There is no ${name.slice(2)} with the id ${JSON.stringify(id)}.`);
  });
  return code === exitCodes.ok && missing.length > 0 ? exitCodes.configuration : code;
}

/** @param conditions `field=value`; the value as JSON where it is such, else as text */
export async function query(
  object: string,
  conditions: readonly string[],
  options: ControlCommandOptions,
): Promise<ExitCode> {
  const name = objectNamed(object);
  if (name === null) return exitCodes.usage;
  return withJmap(options.data, async (call) => {
    const filter = Object.fromEntries(conditions.map(conditionIn));
    const list: Value[] = [];
    for (let page: readonly Value[] | null = null; page === null || page.length === pageSize; ) {
      const last = list.at(-1)?.["id"];
      const [, answer = {}] = await call([
        [`${name}/query`, { filter, limit: pageSize, ...(last ? { anchor: last, anchorOffset: 1 } : {}) }, "q"],
        [`${name}/get`, { "#ids": { resultOf: "q", name: `${name}/query`, path: "/ids" } }, "g"],
      ]);
      page = listIn(answer, "list") as readonly Value[];
      list.push(...page);
    }
    say(options.json ? printableJson(list) : tableOf(name, list));
  });
}

/** What the document holds, as a plan that makes it again: one JSON object a line. Secrets are left out. */
export function snapshot(options: Pick<ControlCommandOptions, "data">): Promise<ExitCode> {
  const names = ["SystemSettings", "Certificate", "Account", "BlockedIp", "AllowedIp", "NetworkListener"];
  return withJmap(options.data, async (call) => {
    const answers = await call(names.map((name) => [`x:${name}/get`, { ids: null }, name] as const));
    for (const [index, object] of names.entries()) {
      const list = listIn(answers[index] ?? {}, "list") as readonly Value[];
      const [first] = list;
      if (first === undefined) continue;
      const line =
        schema.objects[`x:${object}`]?.type === "singleton"
          ? { "@type": "update", object, value: written(object, first) }
          : {
              "@type": "create",
              object,
              value: Object.fromEntries(list.map((one) => [one["id"], written(object, one)])),
            };
      say(printableJson(line).replaceAll(/\n\s*/g, " "));
    }
  });
}

/** The object without what only a server sets. */
function written(object: string, value: Value): Value {
  const properties = schema.fields[`x:${object}`]?.properties ?? {};
  return Object.fromEntries(
    Object.entries(value).filter(([field]) => (properties[field]?.update ?? "serverSet") !== "serverSet"),
  );
}

/** With or without `x:`. Says which there are for any other. */
function objectNamed(object: string): string | null {
  const name = object.replace(/^x:/, "");
  if (readable.includes(name)) return `x:${name}`;
  complain(`There are no objects ${JSON.stringify(object)}; there are ${readable.join(", ")}.`);
  return null;
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
  return columns(Object.entries(value).map(([field, member]) => [field, cell(member)]));
}

function tableOf(name: string, list: readonly Value[]): string {
  const { columns: shown = [], pluralName = "objects" } = schema.lists[name] ?? {};
  if (list.length === 0) return `No ${pluralName}.`;
  const header = ["ID", ...shown.map(({ label }) => label.toUpperCase())];
  return columns([header, ...list.map((one) => [cell(one["id"]), ...shown.map((column) => cell(one[column.name]))])]);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "object") return String(value);
  const members = Object.entries(value);
  if (members.length === 0) return "-";
  return members.every(([, member]) => member === true) ? Object.keys(value).join(", ") : JSON.stringify(value);
}

function listIn(answer: MethodAnswer, member: string): readonly unknown[] {
  const list = answer[member];
  return Array.isArray(list) ? list : [];
}
