/** Reads what Stalwart's client and API print: plans of one operation a line, answers of `/get`, and objects by themselves. */
import type { Value } from "../objects/object-names.ts";

/** One object of the file, as it stands there. */
export interface FoundObject {
  /** From 1; null where the file is not read by lines. */
  readonly line: number | null;
  /** Without `x:`. */
  readonly object: string;
  /** What others of the file call it: `#key`, or its id. */
  readonly keys: readonly string[];
  readonly value: Value;
}

export interface FoundObjects {
  readonly objects: readonly FoundObject[];
  /** What is not imported, each in words. */
  readonly notes: readonly string[];
}

/** The file holds no objects. */
export class UnknownFileError extends Error {
  override readonly name = "UnknownFileError";
  readonly code = "unknown-import";
}

const operations = new Set(["create", "upsert", "reconcile", "update", "destroy"]);

/** @param kind of objects that do not say what they are; null: their fields show it. @throws UnknownFileError */
export function objectsIn(text: string, kind: string | null): FoundObjects {
  const reading = new Reading(kind);
  const whole = jsonIn(text);
  if (whole !== undefined) reading.take(whole, null);
  else
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const value = jsonIn(line);
      if (value === undefined) throw new UnknownFileError(`line ${index + 1} is not JSON`);
      reading.take(value, index + 1);
    }
  if (reading.objects.length === 0 && reading.notes.length === 0) throw new UnknownFileError("it holds no objects");
  return reading;
}

class Reading implements FoundObjects {
  readonly objects: FoundObject[] = [];
  readonly notes: string[] = [];
  readonly #kind: string | null;

  constructor(kind: string | null) {
    this.#kind = kind;
  }

  take(value: unknown, line: number | null): void {
    if (Array.isArray(value)) {
      for (const one of value) this.take(one, line);
      return;
    }
    if (!isObject(value)) throw new UnknownFileError(`${place(line)} is neither an object nor a list of them`);
    const { "@type": type, methodResponses, list } = value;
    if (typeof type === "string" && operations.has(type) && typeof value["object"] === "string")
      this.#operation(type, value, line);
    else if (Array.isArray(methodResponses)) this.#answers(methodResponses, line);
    else if (Array.isArray(list)) for (const one of list) this.take(one, line);
    else if (isDocument(value)) this.#document(value, line);
    else this.#add(this.#kind ?? kindOf(value, line), value, { line, key: null });
  }

  #operation(type: string, { object, value, id }: Value, line: number | null): void {
    const name = String(object).replace(/^x:/i, "");
    if (type === "destroy") this.notes.push(`${place(line)} deletes ${name} objects: an import deletes nothing.`);
    else if (!isObject(value)) throw new UnknownFileError(`${place(line)} has no value`);
    else if (type !== "update")
      for (const [key, body] of Object.entries(value)) this.#add(name, isObject(body) ? body : {}, { line, key });
    else if (id === undefined || id === null || id === "singleton") this.#add(name, value, { line, key: null });
    else this.notes.push(`${place(line)} changes one ${name} by its id, which is another one here: left out.`);
  }

  #answers(responses: readonly unknown[], line: number | null): void {
    for (const response of responses) {
      const [method, args]: readonly unknown[] = Array.isArray(response) ? response : [];
      const [, name] = /^x:(\w+)\/get$/.exec(String(method)) ?? [];
      const list = isObject(args) ? args["list"] : undefined;
      if (name === undefined || !Array.isArray(list)) continue;
      for (const one of list) if (isObject(one)) this.#add(name, one, { line, key: null });
    }
  }

  /** As a document has its sections: maps or lists. */
  #document(sections: Value, line: number | null): void {
    for (const [name, section] of Object.entries(sections)) {
      if (name === "SystemSettings" && isObject(section)) this.#add(name, section, { line, key: null });
      else if (Array.isArray(section))
        for (const one of section) this.#add(name, isObject(one) ? one : {}, { line, key: null });
      else if (isObject(section))
        for (const [key, one] of Object.entries(section)) this.#add(name, isObject(one) ? one : {}, { line, key });
    }
  }

  #add(
    object: string,
    value: Value,
    { line, key }: { readonly line: number | null; readonly key: string | null },
  ): void {
    const keys = [...(key === null ? [] : [`#${key.replace(/^#/, "")}`, key]), ...textIn(value["id"])];
    this.objects.push({ line, object, keys, value });
  }
}

/** Fields that only one kind of objects has. */
const marks: readonly (readonly [string, string])[] = [
  ["bind", "NetworkListener"],
  ["privateKey", "Certificate"],
  ["defaultHostname", "SystemSettings"],
  ["credentials", "Account"],
  ["secret", "Account"],
];

function kindOf(value: Value, line: number | null): string {
  const mark = marks.find(([field]) => Object.hasOwn(value, field));
  if (mark) return mark[1];
  const fields = Object.keys(value).slice(0, 6).join(", ");
  throw new UnknownFileError(
    `${place(line)} does not say what kind of object it is (${fields}): say it by --object, like --object BlockedIp`,
  );
}

function isDocument(value: Value): boolean {
  const entries = Object.entries(value);
  return (
    entries.length > 0 && entries.every(([name, section]) => /^[A-Z]\w+$/.test(name) && typeof section === "object")
  );
}

function textIn(value: unknown): string[] {
  return typeof value === "string" ? [value] : [];
}

function place(line: number | null): string {
  return line === null ? "It" : `Line ${line}`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
