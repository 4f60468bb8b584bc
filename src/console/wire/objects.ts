/** Objects by `/get` and `/query`. */
import { type Arguments, call } from "./jmap.ts";
import type { Schema } from "./schema.ts";

export type Value = Readonly<Record<string, unknown>>;

export interface Found {
  readonly value: Value;
  /** Of all objects of its kind, for `ifInState`. */
  readonly state: string | null;
}

/** Null when it is not there. @throws WireError, MethodError */
export async function getObject(objectName: string, id: string): Promise<Found | null> {
  const [answer = {}] = await call([`${objectName}/get`, { ids: [id] }]);
  const [value] = listOf(answer);
  return value ? { value, state: stateOf(answer) } : null;
}

/** The state that a creation is made against. */
export async function stateOfAll(objectName: string): Promise<string | null> {
  const [answer = {}] = await call([`${objectName}/get`, { ids: [] }]);
  return stateOf(answer);
}

export interface Page {
  readonly values: readonly Value[];
  readonly total: number;
}

export interface Sort {
  readonly property: string;
  readonly isAscending: boolean;
}

export interface PageRequest {
  readonly filter: Value;
  /** Null: as they come. */
  readonly sort: Sort | null;
  readonly limit: number;
  /** The id behind which the page begins; null for the first. */
  readonly after: string | null;
  readonly properties?: readonly string[];
}

/** A page of what the filter finds. @throws WireError, MethodError */
export async function queryObjects(objectName: string, request: PageRequest): Promise<Page> {
  const { filter, sort, limit, after, properties } = request;
  const name = `${objectName}/query`;
  const [found = {}, answer = {}] = await call(
    [
      name,
      {
        ...{ filter, limit, calculateTotal: true },
        ...(sort === null ? {} : { sort: [sort] }),
        ...(after === null ? {} : { anchor: after, anchorOffset: 1 }),
      },
    ],
    [
      `${objectName}/get`,
      { "#ids": { resultOf: "c0", name, path: "/ids" }, ...(properties ? { properties: ["id", ...properties] } : {}) },
    ],
  );
  const values = listOf(answer);
  const ids = found["ids"] as readonly string[];
  const byId = new Map(values.map((value) => [String(value["id"]), value]));
  const ordered = ids.flatMap((id): Value[] => {
    const value = byId.get(id);
    return value ? [value] : [];
  });
  return { values: ordered, total: typeof found["total"] === "number" ? found["total"] : ordered.length };
}

export interface Choice {
  readonly id: string;
  readonly label: string;
}

const mostChoices = 500;

/** What may be referred to: each object of a kind by its label. */
export async function choicesOf(schema: Schema, objectName: string): Promise<Choice[]> {
  const { labelProperty } = schema.lists[objectName] ?? {};
  const page = await queryObjects(objectName, {
    filter: {},
    sort: null,
    limit: mostChoices,
    after: null,
    ...(labelProperty ? { properties: [labelProperty] } : {}),
  });
  return page.values.map((value) => ({ id: String(value["id"]), label: labelOf(value, labelProperty) }));
}

export function labelOf(value: Value, labelProperty: string | undefined): string {
  const label = labelProperty === undefined ? undefined : value[labelProperty];
  return typeof label === "string" && label !== "" ? label : String(value["id"]);
}

function listOf(answer: Arguments): Value[] {
  return (answer["list"] ?? []) as Value[];
}

function stateOf(answer: Arguments): string | null {
  return typeof answer["state"] === "string" ? answer["state"] : null;
}
