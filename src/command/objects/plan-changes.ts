/** What a plan comes to, beside the objects that are there: calls that change them, and what becomes of each line. */
import { isDeepStrictEqual } from "node:util";
import { canonicalAddress } from "../../config/addresses/canonical-address.ts";
import { readNetwork } from "../../config/addresses/networks.ts";
import type { MethodCall } from "../ask-jmap.ts";
import { naturalKey, referenceFields, schema, type Value } from "./object-names.ts";
import type { PlanLine, PlanProblem } from "./plan-file.ts";

/** What is there of a kind. */
export interface ThereNow {
  readonly state: string;
  readonly list: readonly Value[];
}

/** What the server does with one object. */
export interface PlannedChange {
  readonly line: number;
  readonly verb: "create" | "update" | "destroy";
  readonly object: string;
  /** In the request: a key of the plan, or an id. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  /** The object, or the patch. */
  readonly value: Value;
}

export interface PlannedChanges {
  readonly changes: readonly PlannedChange[];
  /** Objects that are as their line wants them. */
  readonly unchanged: readonly { readonly line: number; readonly name: string }[];
  readonly problems: readonly PlanProblem[];
}

/** Objects in one call. */
const mostObjects = 1_000;

/**
 * @param there of every kind that the plan names
 * @param toDestroy ids by the line of their `destroy`
 */
export function planChanges(
  lines: readonly PlanLine[],
  there: ReadonlyMap<string, ThereNow>,
  toDestroy: ReadonlyMap<number, readonly string[]>,
): PlannedChanges {
  const planning = new Planning(there);
  // Who depends on others stands below them, and goes first.
  for (const line of lines.toReversed())
    if (line.does === "destroy") planning.destroy(line, toDestroy.get(line.line) ?? []);
  for (const line of lines) if (line.does !== "destroy") planning.take(line);
  return planning;
}

/** One request: calls in the order of the changes. */
export function callsOf(
  changes: readonly PlannedChange[],
  options: { readonly there: ReadonlyMap<string, ThereNow>; readonly dryRun: boolean },
): MethodCall[] {
  const groups: PlannedChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const joins = last !== undefined && last.length < mostObjects && last.every((other) => goesWith(other, change));
    if (joins) last.push(change);
    else groups.push([change]);
  }
  return groups.map((group, index) => {
    const [first] = group;
    const object = first?.object ?? "";
    const of = (verb: PlannedChange["verb"]) => group.filter((change) => change.verb === verb);
    const valuesOf = (verb: PlannedChange["verb"]) =>
      Object.fromEntries(of(verb).map(({ key, value }) => [key, value]));
    const args = {
      ifInState: options.there.get(object)?.state ?? null,
      create: valuesOf("create"),
      update: valuesOf("update"),
      destroy: of("destroy").map(({ key }) => key),
      ...(options.dryRun ? { dryRun: true } : {}),
    };
    return [`${object}/set`, args, String(index)];
  });
}

/** Within a call everything is created first, then updated, then destroyed, each once. */
function goesWith(other: PlannedChange, change: PlannedChange): boolean {
  const order = ["create", "update", "destroy"];
  if (other.object !== change.object || other.key === change.key) return false;
  return order.indexOf(other.verb) <= order.indexOf(change.verb);
}

class Planning implements PlannedChanges {
  readonly changes: PlannedChange[] = [];
  readonly unchanged: { line: number; name: string }[] = [];
  readonly problems: PlanProblem[] = [];
  readonly #there: ReadonlyMap<string, ThereNow>;
  readonly #gone = new Set<string>();
  /** What a key of the plan stands for: an id, or what a line creates. */
  readonly #ids = new Map<string, string>();

  constructor(there: ReadonlyMap<string, ThereNow>) {
    this.#there = there;
  }

  destroy({ line, object }: PlanLine, ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#gone.has(`${object} ${id}`)) continue;
      this.#gone.add(`${object} ${id}`);
      this.changes.push({ line, verb: "destroy", object, key: id, name: id, value: {} });
    }
  }

  take(line: PlanLine): void {
    switch (line.does) {
      case "create":
        for (const [key, body] of Object.entries(line.value)) this.#create(line, key, body as Value);
        break;
      case "update":
        this.#update(line, line.id ?? "singleton", line.value);
        break;
      case "upsert":
        this.#upsert(line);
        break;
      case "reconcile":
        this.#reconcile(line);
        break;
      case "destroy":
    }
  }

  #reconcile(line: PlanLine): void {
    const wanted = this.#upsert(line);
    const others = this.#present(line.object).filter((one) => !wanted.has(String(one["id"])));
    this.destroy(
      line,
      others.map((one) => String(one["id"])),
    );
  }

  /** @returns the ids of those that were there. */
  #upsert(line: PlanLine): ReadonlySet<string> {
    const { object, matchOn } = line;
    const found = new Set<string>();
    const key = matchOn ?? naturalKey(object);
    for (const [name, body] of Object.entries(line.value as Readonly<Record<string, Value>>)) {
      const missing = key.filter((field) => body[field] === undefined);
      if (missing.length > 0) {
        this.#complain(line, `${name} lacks ${missing.join(", ")}, by which it is to be found`);
        continue;
      }
      const same = this.#present(object).filter((one) => key.every((field) => isSame(object, field, [one, body])));
      const [match] = same;
      if (same.length > 1) this.#complain(line, `${name} could be ${same.map((one) => one["id"]).join(" or ")}`);
      else if (match === undefined) this.#create(line, name, body);
      else {
        const id = String(match["id"]);
        if (found.has(id)) this.#complain(line, `${name} is the same as another one of the line: ${id}`);
        found.add(id);
        this.#know(line, name, id);
        this.#become(line, match, body);
      }
    }
    return found;
  }

  #create(line: PlanLine, key: string, body: Value): void {
    const { object } = line;
    const value = this.#referred(line, body);
    this.#know(line, key, `#${key}`);
    const name = value["name"] ?? value["address"];
    this.changes.push({
      line: line.line,
      verb: "create",
      object,
      key,
      name: typeof name === "string" ? name : key,
      value,
    });
  }

  #update(line: PlanLine, given: string, patch: Value): void {
    const { object } = line;
    const id = given.startsWith("#") ? this.#ids.get(given.slice(1)) : given;
    const present = this.#present(object).find((one) => one["id"] === id);
    if (id === undefined) this.#complain(line, `no line above makes ${given}`);
    else if (present) this.#become(line, present, patch);
    else if (!id.startsWith("#")) this.#complain(line, `there is no ${object.slice(2)} ${id}`);
    else {
      const value = this.#referred(line, patch);
      this.changes.push({ line: line.line, verb: "update", object, key: id, name: id.slice(1), value });
    }
  }

  /** What is as it is wanted already is not written. */
  #become(line: PlanLine, present: Value, wanted: Value): void {
    const { object } = line;
    const id = String(present["id"]);
    const properties = schema.fields[object]?.properties ?? {};
    const value = Object.fromEntries(
      Object.entries(this.#referred(line, wanted)).filter(([field, member]) => {
        const isFixed = line.does !== "update" && properties[field]?.update !== "mutable" && field in present;
        return !isFixed && !isSame(object, field, [present, { [field]: member }]) && !isHidden(present[field], member);
      }),
    );
    if (Object.keys(value).length === 0) this.unchanged.push({ line: line.line, name: id });
    else this.changes.push({ line: line.line, verb: "update", object, key: id, name: id, value });
  }

  #referred(line: PlanLine, value: Value): Value {
    const references = referenceFields(line.object).flatMap(({ field }): [string, unknown][] => {
      const text = value[field];
      if (typeof text !== "string" || !text.startsWith("#")) return [];
      const id = this.#ids.get(text.slice(1));
      if (id === undefined) this.#complain(line, `${field}: no line above makes ${text}`);
      return [[field, id ?? text]];
    });
    return { ...value, ...Object.fromEntries(references) };
  }

  #know(line: PlanLine, key: string, id: string): void {
    if (this.#ids.has(key)) this.#complain(line, `${key} is the key of another object, too`);
    this.#ids.set(key, id);
  }

  #present(object: string): readonly Value[] {
    const list = this.#there.get(object)?.list ?? [];
    return list.filter((one) => !this.#gone.has(`${object} ${String(one["id"])}`));
  }

  #complain({ line }: PlanLine, text: string): void {
    this.problems.push({ line, text });
  }
}

/** Sets are the same in either form, addresses in any spelling. */
function isSame(object: string, field: string, [one, other]: readonly [Value, Value]): boolean {
  const [a, b] = [one[field], other[field]];
  if (isDeepStrictEqual(a, b)) return true;
  const type = schema.fields[object]?.properties[field]?.type;
  if (type?.type === "set") return isDeepStrictEqual(elementsOf(a), elementsOf(b));
  return typeof a === "string" && typeof b === "string" && field === "address" && spelt(object, a) === spelt(object, b);
}

function elementsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(String).sort();
  return typeof value === "object" && value !== null ? Object.keys(value).sort() : value;
}

function spelt(object: string, address: string): string {
  if (object === "x:Account") return canonicalAddress(address).text;
  const reading = readNetwork(address);
  return reading.ok ? reading.value : address;
}

/** A secret comes without its text; so written, it stays as it is. */
function isHidden(present: unknown, wanted: unknown): boolean {
  return isDeepStrictEqual(wanted, { "@type": "Text" }) && isDeepStrictEqual(present, wanted);
}
