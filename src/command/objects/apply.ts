/** `gatehouse apply`: a plan of changes, carried out as one transaction by the running server. */
import { withJmap } from "../ask-jmap.ts";
import { columns } from "../columns.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { complain, say, terminalWidth } from "../output.ts";
import { type CarriedOut, carryOutPlan } from "./carry-out-plan.ts";
import type { ChangeOptions } from "./change-objects.ts";
import { type PlanLine, planIn, readText } from "./plan-file.ts";
import { describeRefusal, keptText, mistakesIn } from "./set-answer.ts";
import { jsonLine } from "./snapshot.ts";

export interface ApplyOptions extends ChangeOptions {
  readonly file?: string;
  readonly stdin?: true;
}

/** @param given the file of the plan, or `-` */
export async function apply(given: string | undefined, options: ApplyOptions): Promise<ExitCode> {
  const file = given ?? options.file ?? (options.stdin ? "-" : undefined);
  if (file === undefined) {
    complain("Give the file of the plan, or - for standard input.");
    return exitCodes.usage;
  }
  const text = await readText(file);
  if (typeof text !== "string") {
    complain(text.problem);
    return exitCodes.configuration;
  }
  const name = file === "-" ? "standard input" : file;
  const { lines, problems } = planIn(text);
  for (const { line, text: problem } of problems) complain(`${name}:${line}: ${problem}`);
  if (problems.length > 0) return exitCodes.configuration;
  return withJmap(options.data, async (call) => {
    const done = await carryOutPlan(call, lines, { dryRun: options.dryRun ?? false });
    for (const { line, text: problem } of done.problems) complain(`${name}:${line}: ${problem}`);
    for (const refusal of done.refusals) {
      const { line, object, name: who } = refusal.change;
      if (refusal.isToBlame) complain(`${name}:${line}: ${describeRefusal(object, who, refusal)}`);
    }
    const isDone = done.problems.length === 0 && done.refusals.length === 0;
    if (options.json) for (const record of recordsOf(lines, done)) say(jsonLine(record));
    else if (isDone) say(describe(lines, done, options));
    else complain("Nothing was changed.");
    return isDone ? exitCodes.ok : exitCodes.configuration;
  });
}

function describe(lines: readonly PlanLine[], done: CarriedOut, { dryRun }: ApplyOptions): string {
  const rows = lines.map(({ line, does, object }) => [String(line), does, object.slice(2), becameOf(line, done)]);
  const table = columns([["LINE", "DOES", "OBJECT", "OUTCOME"], ...rows], terminalWidth());
  const heading = dryRun ? ["Nothing was changed. This would be the outcome:"] : [];
  return [...heading, table, done.planText, ...keptText(done.keptIn)].join("\n\n");
}

/** How many objects of a line are named each. */
const mostNamed = 5;

function becameOf(line: number, { changes, unchanged }: CarriedOut): string {
  const of = (verb: string) => changes.filter((change) => change.line === line && change.verb === verb);
  const parts = [
    counted("created", of("create")),
    counted("updated", of("update")),
    counted("deleted", of("destroy")),
    counted(
      "unchanged",
      unchanged.filter((one) => one.line === line),
    ),
  ].filter((part) => part !== "");
  return parts.join("; ") || "nothing to do";
}

function counted(what: string, changes: readonly { readonly name: string }[]): string {
  const names = changes.map(({ name }) => name).filter((name) => name !== "singleton");
  if (changes.length === 0) return "";
  if (names.length === 0) return what;
  const isMany = names.length > mostNamed || what === "unchanged";
  return isMany ? `${names.length} ${what}` : `${what} ${names.join(", ")}`;
}

/** A line for each of the plan and one for all together, as Stalwart's client prints them. */
function recordsOf(lines: readonly PlanLine[], { changes, unchanged, problems, refusals, ids, plan }: CarriedOut) {
  const failed = new Set([...problems.map(({ line }) => line), ...refusals.map(({ change }) => change.line)]);
  const of = (verb: string) => changes.filter((change) => change.verb === verb);
  const isDone = failed.size === 0;
  const records = lines.map(({ line, does, object }, index) => {
    const own = [...changes, ...unchanged].filter((one) => one.line === line);
    const errors = [
      ...problems.filter((problem) => problem.line === line),
      ...refusals
        .filter(({ change, isToBlame }) => change.line === line && isToBlame)
        .flatMap(({ change, error }) => mistakesIn(error).map((mistake) => ({ object: change.name, ...mistake }))),
    ];
    const made = Object.fromEntries(
      of("create").flatMap((change) => (change.line === line ? [[change.key, ids.get(change.key)]] : [])),
    );
    return {
      op: does,
      object: object.slice(2),
      index,
      line,
      count: own.length,
      status: isDone ? "ok" : failed.has(line) ? "failed" : "not done",
      ...(isDone && Object.keys(made).length > 0 ? { created: made } : {}),
      ...(errors.length > 0 ? { errors } : {}),
    };
  });
  const count = (verb: string): number => (isDone ? of(verb).length : 0);
  const done = {
    destroyed: count("destroy"),
    updated: count("update"),
    created: count("create"),
    unchanged: unchanged.length,
    failed: failed.size,
  };
  return [...records, { op: "summary", done, plan }];
}
