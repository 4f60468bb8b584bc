/** `x:Action/set`: what a running server does now. */
import { type AppliedChanges, describePlan } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import type { Gatehouse } from "../../gatehouse-contract.ts";
import { UnknownListenerError } from "../../runtime/server/server-errors.ts";
import type { UpgradeReport } from "../../runtime/upgrade/upgrader.ts";
import { setArguments } from "../jmap/arguments.ts";
import type { Json, JsonObject } from "../jmap/json.ts";
import { coreLimits } from "../jmap/limits.ts";
import { MethodError } from "../jmap/method-error.ts";
import type { CreatedIds } from "../jmap/responses.ts";
import { accountId } from "../jmap/session.ts";
import { idOf } from "../objects/get.ts";
import { failed, rolledBack } from "./blame.ts";
import { invalidProperty, type SetError, setError } from "./set-error.ts";

export interface ActionTargets {
  readonly gatehouse: Gatehouse;
  /** Puts the document of an earlier reload into force again; null where that is not kept. */
  restore(reloadId: string, options: { readonly dryRun: boolean }): Promise<AppliedChanges<unknown> | null>;
  /** Reads the document again and puts it into force. */
  reload(): Promise<unknown>;
  /** Reads the certificates again. */
  renew(): Promise<unknown>;
  /** The program on disk takes over. */
  upgrade(): Promise<UpgradeReport>;
}

interface Action {
  readonly given: JsonObject;
  readonly createdIds: CreatedIds;
  readonly targets: ActionTargets;
  readonly dryRun: boolean;
}

/** The plan of an action that changes the document. */
interface Planned {
  readonly plan: JsonObject;
  readonly planText: string;
}

/** The process that has taken over. */
interface Succeeded {
  readonly pid: number;
}

/** @returns why it cannot be done; null when it was. */
type Act = (action: Action) => Promise<SetError | Planned | Succeeded | null>;

/** They can say what they would do, and do nothing. */
const planning: ReadonlySet<unknown> = new Set(["RestoreDocument"]);

const actions: Readonly<Record<string, Act>> = {
  ReloadSettings: async ({ targets }) => nothing(await targets.reload()),
  ReloadTlsCertificates: async ({ targets }) => nothing(await targets.renew()),
  ReloadBlockedIps: async ({ targets }) => nothing(await targets.reload()),
  SuspendListener: (action) => onListener(action, ({ gatehouse }, name) => gatehouse.suspend(name)),
  ResumeListener: (action) => onListener(action, ({ gatehouse }, name) => gatehouse.resume(name)),
  DrainListener: (action) =>
    onListener(action, async ({ gatehouse }, name) => {
      await gatehouse.suspend(name);
      for (const { id, listener } of gatehouse.connections()) if (listener === name) gatehouse.close(id);
    }),
  DrainNode: async ({ given: { nodeId }, targets: { gatehouse } }) => {
    if (typeof nodeId !== "string") return required("nodeId");
    // The process that is asked is "local", as in x:ServerNode.
    const name = nodeId === "local" ? (gatehouse.fleet()?.node ?? null) : nodeId;
    const found = name !== null && (await gatehouse.drainNode(name));
    const text =
      name === null
        ? "This server is in no fleet: end its process to drain it."
        : `No node ${JSON.stringify(name)} has answered; x:ServerNode/get says which there are.`;
    return found ? null : setError("notFound", text, { properties: ["nodeId"] });
  },
  UpgradeServer: async ({ targets }) => targets.upgrade(),
  CloseConnection: async ({ given, targets }) => {
    const { connectionId, now = false } = given;
    if (typeof connectionId !== "string") return required("connectionId");
    if (typeof now !== "boolean") return invalidProperty("now", "must be true or false");
    const found = await targets.gatehouse.closeAnywhere(connectionId, { now });
    return found ? null : setError("notFound", "There is no such connection.");
  },
  RestoreDocument: async ({ given: { reloadId }, targets, dryRun }) => {
    if (typeof reloadId !== "string") return required("reloadId");
    const applied = await targets.restore(reloadId, { dryRun });
    if (!applied) {
      const text = `The document of ${reloadId} is not kept; x:Reload/get says which are (isKept).`;
      return setError("notFound", text, { properties: ["reloadId"] });
    }
    const { plan } = applied;
    return { plan: plan as unknown as JsonObject, planText: describePlan(plan) };
  },
};

const known = Object.keys(actions).join(", ");
let lastAction = 0;

export interface ActionsDone {
  readonly answer: JsonObject;
  /** By their types. */
  readonly done: readonly ActionDone[];
}

export interface ActionDone {
  readonly type: string;
  /** What it did to the document, in words; empty for others. */
  readonly plan: string;
}

export async function setActions(
  args: JsonObject,
  createdIds: CreatedIds,
  targets: ActionTargets,
): Promise<ActionsDone> {
  const { create, update, destroy, dryRun, ifInState } = setArguments(args);
  if (ifInState !== undefined && ifInState !== null) throw new MethodError("stateMismatch", "Actions have no state.");
  const entries = Object.entries(create ?? {});
  if (entries.length > coreLimits.maxObjectsInSet)
    throw new MethodError("requestTooLarge", "These are too many actions.");
  const created: [string, Json][] = [];
  const done: ActionDone[] = [];
  const notCreated: [string, Json][] = [];
  for (const [key, given] of entries) {
    const outcome =
      dryRun === true && !planning.has(given["@type"])
        ? rolledBack
        : await act({ given, createdIds, targets, dryRun: dryRun === true });
    if (outcome && "type" in outcome) {
      notCreated.push([key, outcome]);
      continue;
    }
    lastAction += 1;
    createdIds.set(key, `action${lastAction}`);
    created.push([key, { id: `action${lastAction}`, ...outcome }]);
    done.push({ type: String(given["@type"]), plan: outcome && "planText" in outcome ? outcome.planText : "" });
  }
  const refuse = (keys: readonly string[]) =>
    Object.fromEntries(keys.map((key) => [key, setError("notFound", "What was done is not kept.")]));
  const answer = {
    accountId,
    oldState: null,
    newState: "",
    created: Object.fromEntries(created),
    updated: {},
    destroyed: [],
    notCreated: Object.fromEntries(notCreated),
    notUpdated: refuse(Object.keys(update ?? {})),
    notDestroyed: refuse(destroy ?? []),
    ...(dryRun === true ? { dryRun } : {}),
  };
  return { answer, done: dryRun === true ? [] : done };
}

async function act(action: Action): Promise<SetError | Planned | Succeeded | null> {
  const type = action.given["@type"];
  if (typeof type !== "string" || !Object.hasOwn(actions, type))
    return invalidProperty("@type", `must be one of ${known}`);
  try {
    return (await actions[type]?.(action)) ?? null;
  } catch (error) {
    if (error instanceof MethodError && error.type === "forbidden") return setError("forbidden", error.message);
    if (error instanceof UnknownListenerError)
      return setError("notFound", error.message, { properties: ["listenerId"] });
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
    return { ...failed(messageOf(error)), ...(code === null ? {} : { reason: code }) };
  }
}

async function onListener(
  { given, createdIds, targets }: Action,
  tell: (targets: ActionTargets, name: string) => Promise<void>,
): Promise<SetError | null> {
  const { listenerId } = given;
  if (typeof listenerId !== "string") return required("listenerId");
  await tell(targets, idOf(listenerId, createdIds));
  return null;
}

function required(property: string): SetError {
  const validationErrors = [{ type: "Required", property }];
  return setError("invalidProperties", `${property} must be given.`, { properties: [property], validationErrors });
}

function nothing(_report: unknown): null {
  return null;
}
