/** Changes by `/set`: what would come of them, and what came. */
import { type Arguments, call, MethodError } from "./jmap.ts";
import { type FieldError, fieldErrorsOf, type SetError } from "./set-error.ts";

export type Change =
  | { readonly kind: "create"; readonly value: Arguments }
  | { readonly kind: "update"; readonly id: string; readonly patch: Arguments }
  | { readonly kind: "destroy"; readonly id: string };

export type Outcome =
  | {
      readonly kind: "done";
      /** Of what was created. */
      readonly id: string | null;
      readonly plan: unknown;
    }
  | { readonly kind: "refused"; readonly errors: readonly FieldError[]; readonly stale: boolean };

export interface SetOptions {
  /** Answer with the plan and change nothing. */
  readonly dryRun: boolean;
  /** The state that the change was made against; another one since then is refused. */
  readonly ifInState: string | null;
}

/** @throws WireError, MethodError */
export async function set(objectName: string, change: Change, { dryRun, ifInState }: SetOptions): Promise<Outcome> {
  const args = { ...argumentsOf(change), ...(dryRun ? { dryRun } : {}), ...(ifInState === null ? {} : { ifInState }) };
  let answer: Arguments;
  try {
    [answer = {}] = await call([`${objectName}/set`, args]);
  } catch (error) {
    if (!(error instanceof MethodError && error.type === "stateMismatch")) throw error;
    const message = "Somebody else has changed this meanwhile. Look at it again, then make your change again.";
    return { kind: "refused", errors: [{ pointer: "", message }], stale: true };
  }
  const failed = refusalIn(answer, change);
  if (failed) return { kind: "refused", errors: fieldErrorsOf(failed), stale: false };
  const created = answer["created"] as Record<string, { id?: string } | null> | null | undefined;
  return { kind: "done", id: created?.[creationId]?.id ?? null, plan: answer["plan"] ?? null };
}

const creationId = "n1";

function argumentsOf(change: Change): Arguments {
  switch (change.kind) {
    case "create":
      return { create: { [creationId]: change.value } };
    case "update":
      return { update: { [change.id]: change.patch } };
    case "destroy":
      return { destroy: [change.id] };
  }
}

const notDone = { create: "notCreated", update: "notUpdated", destroy: "notDestroyed" } as const;

function refusalIn(answer: Arguments, change: Change): SetError | null {
  const refusals = answer[notDone[change.kind]] as Record<string, SetError> | null | undefined;
  return refusals?.[change.kind === "create" ? creationId : change.id] ?? null;
}
