/** `x:Action/set`: what a running server does now. */
import { messageOf } from "../../config/values/thrown.ts";
import type { Gatehouse } from "../../gatehouse-contract.ts";
import { UnknownListenerError } from "../../runtime/server/server-errors.ts";
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
  /** Reads the document again and puts it into force. */
  reload(): Promise<unknown>;
  /** Reads the certificates again. */
  renew(): Promise<unknown>;
}

interface Action {
  readonly given: JsonObject;
  readonly createdIds: CreatedIds;
  readonly targets: ActionTargets;
}

/** @returns why it cannot be done; null when it was. */
type Act = (action: Action) => Promise<SetError | null>;

const actions: Readonly<Record<string, Act>> = {
  ReloadSettings: async ({ targets }) => done(await targets.reload()),
  ReloadTlsCertificates: async ({ targets }) => done(await targets.renew()),
  ReloadBlockedIps: async ({ targets }) => done(await targets.reload()),
  SuspendListener: (action) => onListener(action, ({ gatehouse }, name) => gatehouse.suspend(name)),
  ResumeListener: (action) => onListener(action, ({ gatehouse }, name) => gatehouse.resume(name)),
  DrainListener: (action) =>
    onListener(action, async ({ gatehouse }, name) => {
      await gatehouse.suspend(name);
      for (const { id, listener } of gatehouse.connections()) if (listener === name) gatehouse.close(id);
    }),
  CloseConnection: async ({ given, targets }) => {
    const { connectionId, now = false } = given;
    if (typeof connectionId !== "string") return required("connectionId");
    if (typeof now !== "boolean") return invalidProperty("now", "must be true or false");
    return targets.gatehouse.close(connectionId, { now }) ? null : setError("notFound", "There is no such connection.");
  },
};

const known = Object.keys(actions).join(", ");
let lastAction = 0;

export interface ActionsDone {
  readonly answer: JsonObject;
  /** Their types. */
  readonly done: readonly string[];
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
  const notCreated: [string, Json][] = [];
  for (const [key, given] of entries) {
    const error = dryRun === true ? rolledBack : await act({ given, createdIds, targets });
    if (error) notCreated.push([key, error]);
    else {
      lastAction += 1;
      createdIds.set(key, `action${lastAction}`);
      created.push([key, { id: `action${lastAction}` }]);
    }
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
  };
  return { answer, done: created.map(([key]) => String(create?.[key]?.["@type"])) };
}

async function act(action: Action): Promise<SetError | null> {
  const type = action.given["@type"];
  if (typeof type !== "string" || !Object.hasOwn(actions, type))
    return invalidProperty("@type", `must be one of ${known}`);
  try {
    return (await actions[type]?.(action)) ?? null;
  } catch (error) {
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

function done(_report: unknown): null {
  return null;
}
