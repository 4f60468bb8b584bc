/** Reads all objects of a kind, page by page. */
import type { CallMethods, MethodAnswer } from "../ask-jmap.ts";
import { isSingleton, type Value } from "./object-names.ts";

/** As many as one `/get` answers with. */
const pageSize = 500;

export interface AllObjects {
  /** Of the first page. Whoever changes them with `ifInState` learns whether others were changed since. */
  readonly state: string;
  readonly list: readonly Value[];
}

/** @param filter of `/query`; a singleton has none. @throws ControlUnreachableError, RefusedError */
export async function allObjects(call: CallMethods, object: string, filter: Value = {}): Promise<AllObjects> {
  if (isSingleton(object)) {
    const [answer = {}] = await call([[`${object}/get`, { ids: null }, "g"]]);
    return { state: String(answer["state"]), list: listIn(answer, "list") };
  }
  const list: Value[] = [];
  let state: string | null = null;
  for (let page: readonly Value[] | null = null; page === null || page.length === pageSize; ) {
    const last = list.at(-1)?.["id"];
    const [, answer = {}] = await call([
      [`${object}/query`, { filter, limit: pageSize, ...(last ? { anchor: last, anchorOffset: 1 } : {}) }, "q"],
      [`${object}/get`, { "#ids": { resultOf: "q", name: `${object}/query`, path: "/ids" } }, "g"],
    ]);
    page = listIn(answer, "list");
    list.push(...page);
    state ??= String(answer["state"]);
  }
  return { state: state ?? "", list };
}

export function listIn(answer: MethodAnswer, member: string): readonly Value[] {
  const list = answer[member];
  return Array.isArray(list) ? list : [];
}
