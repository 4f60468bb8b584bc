/** Reads a plan of changes, in the form of Stalwart's client: one JSON object a line. */
import { text as allOf } from "node:stream/consumers";
import { unknown as anything, array, discriminatedUnion, literal, record, strictObject, string } from "zod";
import { messageOf } from "../../config/values/thrown.ts";
import { readFileWithin } from "../../files/index.ts";
import { findObject, isSingleton, noSuchObject, objectNames, type Value } from "./object-names.ts";

/** As much as one request to the server may have. */
const longestPlan = 10_000_000;

export interface PlanLine {
  /** From 1. */
  readonly line: number;
  readonly does: "create" | "update" | "upsert" | "reconcile" | "destroy";
  /** With `x:`. */
  readonly object: string;
  /** Of `update`; null for a singleton. May be `#` with the key of a line above. */
  readonly id: string | null;
  /** Fields that find the object which is there already; null for those of its kind. */
  readonly matchOn: readonly string[] | null;
  /** Objects by the plan's own keys; of `update` the patch, of `destroy` the filter. */
  readonly value: Value;
}

export interface PlanProblem {
  readonly line: number;
  readonly text: string;
}

const bodies = record(string(), record(string(), anything(), "must be an object"), "must be a map of objects").refine(
  (value) => Object.keys(value).length > 0,
  "must have at least one object",
);
const object = string();
const matchOn = array(string()).min(1, "must name at least one field").nullish();

const lineSchema = discriminatedUnion(
  "@type",
  [
    strictObject({ "@type": literal("create"), object, value: bodies }),
    strictObject({ "@type": literal("upsert"), object, matchOn, value: bodies }),
    strictObject({ "@type": literal("reconcile"), object, matchOn, value: bodies }),
    strictObject({ "@type": literal("update"), object, id: string().nullish(), value: record(string(), anything()) }),
    strictObject({ "@type": literal("destroy"), object, value: record(string(), anything()).nullish() }),
  ],
  { error: () => 'must be one of "create", "update", "upsert", "reconcile", "destroy"' },
);

/** `-` is standard input. @returns the text, or why it cannot be read */
export async function readText(source: string): Promise<string | { readonly problem: string }> {
  try {
    if (source === "-") return await allOf(process.stdin);
    return (await readFileWithin(source, { maxSize: longestPlan })).bytes.toString();
  } catch (error) {
    return { problem: `${source === "-" ? "Standard input" : source} cannot be read: ${messageOf(error)}` };
  }
}

export interface PlanFile {
  readonly lines: readonly PlanLine[];
  readonly problems: readonly PlanProblem[];
}

export function planIn(text: string): PlanFile {
  const lines: PlanLine[] = [];
  const problems: PlanProblem[] = [];
  for (const [index, given] of text.split("\n").entries()) {
    if (given.trim() === "") continue;
    const line = index + 1;
    const reading = lineIn(given, line);
    if (typeof reading === "string") problems.push({ line, text: reading });
    else lines.push(reading);
  }
  return { lines, problems };
}

/** @returns what is wrong with it, where something is */
function lineIn(text: string, line: number): PlanLine | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${messageOf(error)}`;
  }
  const reading = lineSchema.safeParse(json);
  if (!reading.success)
    return reading.error.issues.map(({ path, message }) => `${path.join(".") || "the line"} ${message}`).join("; ");
  const { data } = reading;
  const name = findObject(data.object, objectNames.writable);
  if (name === null) return noSuchObject(data.object, objectNames.writable);
  const id = "id" in data ? (data.id ?? null) : null;
  const misused = misuse(data["@type"], { object: name, id });
  if (misused !== null) return misused;
  const does = data["@type"];
  const value = does === "update" ? data.value : does === "destroy" ? (data.value ?? {}) : unmarked(data.value);
  return { line, does, object: name, id, matchOn: "matchOn" in data ? (data.matchOn ?? null) : null, value };
}

function misuse(does: PlanLine["does"], { object, id }: Pick<PlanLine, "object" | "id">): string | null {
  const name = object.slice(2);
  if (isSingleton(object)) {
    if (does !== "update") return `there is one ${name}, always: it can only be updated`;
    return id === null || id === "singleton" ? null : `the id of ${name} is "singleton", and may be left out`;
  }
  return does === "update" && id === null ? "update needs the id of the object, beside value" : null;
}

/** A key may be written as it is referred to: `#certificate-1`. */
function unmarked(value: Readonly<Record<string, Value>>): Value {
  return Object.fromEntries(Object.entries(value).map(([key, body]) => [key.replace(/^#/, ""), body]));
}
