/** What an import came to, field by field: for people and for programs. */
import { columns } from "../columns.ts";
import type { CarriedOut } from "../objects/carry-out-plan.ts";
import { titleOf } from "../objects/object-names.ts";
import { keptText } from "../objects/set-answer.ts";
import { lineOf } from "./import-objects.ts";
import type { ImportedObject } from "./imported-object.ts";

const width = 80;

export interface ImportOutcome {
  readonly objects: readonly ImportedObject[];
  /** Kinds of objects that Gatehouse has not, and how many there are. */
  readonly unknown: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
  readonly done: CarriedOut;
  readonly dryRun: boolean;
  /** Its file. */
  readonly document: string;
}

export function describeImport(outcome: ImportOutcome): string {
  const { objects, unknown, notes, done, dryRun, document } = outcome;
  const others = [...unknown].map(([name, count]) => `${count} ${name}`);
  return [
    `${dryRun ? "Nothing was changed. This would go into" : "Imported into"} ${document}:`,
    ...objects.map((one) => describeObject(one, outcome)),
    ...(others.length > 0 ? [`Left out, as Gatehouse has no such objects: ${others.join(", ")}.`] : []),
    ...notes,
    done.planText,
    ...keptText(done.keptIn),
  ].join("\n\n");
}

function describeObject(one: ImportedObject, outcome: ImportOutcome): string {
  const line = one.line === null ? "" : ` (line ${one.line})`;
  const fields = Object.keys(one.value);
  const rows = [
    ...(one.isTaken && fields.length > 0 ? [["taken", fields.join(", ")]] : []),
    ...(one.notNeeded.length > 0 ? [["not needed", one.notNeeded.join(", ")]] : []),
    ...one.leftOut.map(({ field, reason }) => ["left out", field === "" ? reason : `${field}: ${reason}`]),
  ];
  const table = rows.length > 0 ? `\n${columns(rows, width - 2).replaceAll(/^/gm, "  ")}` : "";
  return `${titleOf(one.object, one.name)}${line}: ${outcomeOf(one, outcome)}${table}`;
}

function outcomeOf(one: ImportedObject, { objects, done }: ImportOutcome): string {
  if (!one.isTaken) return "left out";
  const line = lineOf(objects.filter(({ isTaken }) => isTaken).indexOf(one));
  const change = done.changes.find((other) => other.line === line);
  if (!change) return "there already";
  return change.verb === "create" ? "created" : "updated";
}

export function reportOf(outcome: ImportOutcome): object {
  const { objects, unknown, notes, done, dryRun, document } = outcome;
  return {
    document,
    dryRun,
    objects: objects.map((one) => ({
      line: one.line,
      object: one.object.slice(2),
      name: one.name,
      outcome: outcomeOf(one, outcome),
      taken: one.isTaken ? Object.keys(one.value) : [],
      notNeeded: one.notNeeded,
      leftOut: one.leftOut,
    })),
    otherObjects: Object.fromEntries(unknown),
    notes,
    plan: done.plan,
    keptIn: done.keptIn,
  };
}
