/** Puts imported objects into a document, as far as they can be: what is refused is taken out, until the rest is not. */
import type { CallMethods } from "../ask-jmap.ts";
import { type CarriedOut, carryOutPlan } from "../objects/carry-out-plan.ts";
import { isSingleton, naturalKey } from "../objects/object-names.ts";
import type { PlanLine } from "../objects/plan-file.ts";
import { mistakesIn } from "../objects/set-answer.ts";
import { type ImportedObject, leaveOut } from "./imported-object.ts";

/** The document refuses the objects for a reason that is none of theirs. */
export class ImportRefusedError extends Error {
  override readonly name = "ImportRefusedError";
  readonly code = "import-refused";
}

/** @throws ImportRefusedError, ControlUnreachableError, RefusedError */
export async function importObjects(
  call: CallMethods,
  objects: readonly ImportedObject[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<CarriedOut> {
  for (;;) {
    withoutLostReferences(objects);
    const taken = objects.filter(({ isTaken }) => isTaken);
    const lines = linesOf(taken);
    const tried = await carryOutPlan(call, lines, { dryRun: true });
    // An address that cannot be bound shows when it is.
    const done = dryRun || !isAccepted(tried) ? tried : await carryOutPlan(call, lines, { dryRun: false });
    if (isAccepted(done)) return done;
    if (!takeOut(taken, done)) throw new ImportRefusedError(reasonIn(done));
  }
}

/** One for each, so that what is said of a line is said of its object. */
export function lineOf(index: number): number {
  return index + 1;
}

function linesOf(objects: readonly ImportedObject[]): PlanLine[] {
  return objects.map(({ object, key, value }, index) => {
    const line = lineOf(index);
    return isSingleton(object)
      ? { line, does: "update", object, id: "singleton", matchOn: null, value }
      : { line, does: "upsert", object, id: null, matchOn: naturalKey(object), value: { [key]: value } };
  });
}

function isAccepted({ problems, refusals }: CarriedOut): boolean {
  return problems.length === 0 && refusals.length === 0;
}

/** @returns whether there is less than before */
function takeOut(objects: readonly ImportedObject[], { problems, refusals }: CarriedOut): boolean {
  let isLess = false;
  const objectOf = (line: number): ImportedObject | undefined => objects.find((_, index) => lineOf(index) === line);
  for (const { line, text } of problems) {
    const one = objectOf(line);
    if (!one) continue;
    leaveOut(one, { field: "", reason: text });
    isLess = true;
  }
  for (const { change, error, isToBlame } of refusals) {
    const one = objectOf(change.line);
    if (!one || !isToBlame || error["type"] === "validationFailed") continue;
    for (const { property, text } of mistakesIn(error))
      if (one.isTaken) leaveOut(one, { field: property, reason: text });
    isLess = true;
  }
  return isLess;
}

function withoutLostReferences(objects: readonly ImportedObject[]): void {
  const keys = new Set(objects.filter(({ isTaken }) => isTaken).map(({ key }) => `#${key}`));
  for (const one of objects) {
    const { defaultCertificateId } = one.value;
    if (
      typeof defaultCertificateId === "string" &&
      defaultCertificateId.startsWith("#") &&
      !keys.has(defaultCertificateId)
    )
      leaveOut(one, { field: "defaultCertificateId", reason: "the certificate is left out" });
  }
}

function reasonIn({ problems, refusals }: CarriedOut): string {
  const texts = [
    ...problems.map(({ text }) => text),
    ...refusals.flatMap(({ error }) => mistakesIn(error).map(({ text }) => text)),
  ];
  return [...new Set(texts)].join("\n");
}
