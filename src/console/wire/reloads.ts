/** The history of reloads, and the way back. */
import { act } from "./actions.ts";
import { type Arguments, call } from "./jmap.ts";

export interface Reload {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly outcome: "started" | "carried-out" | "rejected";
  readonly generation: number;
  readonly isInForce: boolean;
  /** Its document can be put into force again. */
  readonly isKept: boolean;
  readonly planText: string | null;
  readonly error: string | null;
}

/** By the name of the object: `x:NetworkListener smtp`. */
export type Difference = Readonly<Record<string, ObjectDifference>>;

export interface ObjectDifference {
  readonly kind: "created" | "updated" | "destroyed";
  readonly fields: Readonly<Record<string, FieldDifference>>;
}

export interface FieldDifference {
  /** Null stands for the default. */
  readonly from: unknown;
  readonly to: unknown;
  readonly isSecret?: true;
}

export interface ReloadDetails {
  readonly id: string;
  /** Null where one of the two documents is not kept. */
  readonly difference: Difference | null;
  readonly omitted: number;
  readonly plan: unknown;
}

const mostShown = 20;

const properties = ["at", "by", "outcome", "generation", "isInForce", "isKept", "planText", "error"];

/** The newest first. @throws WireError, MethodError */
export async function latestReloads(): Promise<readonly Reload[]> {
  const name = "x:Reload/query";
  const [, answer = {}] = await call(
    [name, { limit: mostShown }],
    ["x:Reload/get", { "#ids": { resultOf: "c0", name, path: "/ids" }, properties }],
  );
  return (answer["list"] as Arguments[]).map((value) => ({
    ...(value as unknown as Reload),
    at: Date.parse(String(value["at"])),
  }));
}

/** @throws WireError, MethodError */
export async function reloadDetails(id: string): Promise<ReloadDetails> {
  const args = { ids: [id], properties: ["difference", "differenceOmitted", "plan"] };
  const [answer = {}] = await call(["x:Reload/get", args]);
  const [value = {}] = answer["list"] as Arguments[];
  const { difference = null, differenceOmitted = 0, plan = null } = value;
  return { id, difference: difference as Difference | null, omitted: Number(differenceOmitted), plan };
}

/** Puts the document of a reload into force again. @returns the plan @throws WireError, MethodError */
export async function restoreDocument(reloadId: string, { dryRun }: { readonly dryRun: boolean }): Promise<unknown> {
  const { plan = null } = await act({ "@type": "RestoreDocument", reloadId }, { dryRun });
  return plan;
}
