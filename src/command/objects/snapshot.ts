/** `gatehouse snapshot`: what the document holds, as a plan that makes it again. */
import { printableJson } from "../../config/values/printable.ts";
import { withJmap } from "../ask-jmap.ts";
import type { ControlCommandOptions } from "../ask-server.ts";
import type { ExitCode } from "../exit-codes.ts";
import { say } from "../output.ts";
import { allObjects } from "./all-objects.ts";
import { isSingleton, naturalKey, objectNames, planKey, referenceFields, schema, type Value } from "./object-names.ts";

/** One JSON object a line, for `gatehouse apply`. Secrets are left out. */
export function snapshot({ data }: Pick<ControlCommandOptions, "data">): Promise<ExitCode> {
  return withJmap(data, async (call) => {
    for (const name of objectNames.inDocument) {
      const object = `x:${name}`;
      const { list } = await allObjects(call, object);
      const [first] = list;
      if (first !== undefined) say(jsonLine(lineOf(object, list, first)));
    }
  });
}

function lineOf(object: string, list: readonly Value[], first: Value): Value {
  const name = object.slice(2);
  if (isSingleton(object)) return { "@type": "update", object: name, value: written(object, first) };
  const value = Object.fromEntries(list.map((one) => [planKey(object, String(one["id"])), written(object, one)]));
  return { "@type": "upsert", object: name, matchOn: naturalKey(object), value };
}

/** The object without what only a server sets, others named as the plan calls them. */
function written(object: string, value: Value): Value {
  const properties = schema.fields[object]?.properties ?? {};
  const references = new Map(referenceFields(object).map(({ field, to }) => [field, to]));
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, member]) => {
      if ((properties[field]?.update ?? "serverSet") === "serverSet") return [];
      const to = references.get(field);
      return [[field, to !== undefined && typeof member === "string" ? `#${planKey(to, member)}` : member]];
    }),
  );
}

export function jsonLine(value: unknown): string {
  return printableJson(value).replaceAll(/\n\s*/g, " ");
}
