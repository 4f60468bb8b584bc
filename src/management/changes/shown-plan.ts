/** The plan as answers show it: the plain plan would reveal whether a guessed secret is the one in force. */
import type { DocumentChange, ReloadPlan } from "../../config/index.ts";
import { isObject } from "../jmap/json.ts";
import { secretFields } from "../objects/field-kinds.ts";
import { isSetError, type RequestedChange } from "./requested-change.ts";

/** What was sent a secret counts as changed, whatever the secret was. */
export function shownPlan(plan: ReloadPlan, requested: readonly RequestedChange[]): ReloadPlan {
  const touched = requested.flatMap(({ change }) =>
    !isSetError(change) && change.kind !== "destroy" && sendsSecret(change) ? [change] : [],
  );
  if (touched.length === 0) return plan;
  const { added, changed, removed } = plan.certificates;
  const known = new Set([...added, ...changed, ...removed]);
  const ids = touched.flatMap(({ section, id }) => (section === "Certificate" && id !== undefined ? [id] : []));
  return {
    ...plan,
    accounts: plan.accounts || touched.some(({ section }) => section === "Account"),
    certificates: { added, removed, changed: [...changed, ...new Set(ids.filter((id) => !known.has(id)))] },
    isEmpty: false,
  };
}

/** Whole, or as a patch of what is within. */
function sendsSecret(change: Exclude<DocumentChange, { readonly kind: "destroy" }>): boolean {
  const secret = new Set(secretFields(change.section));
  return Object.entries(change.kind === "create" ? change.value : change.patch).some(([path, member]) => {
    const [field = "", ...within] = path.split("/");
    return secret.has(field) && (within.length > 0 || (isObject(member) && member["@type"] === "Text"));
  });
}
