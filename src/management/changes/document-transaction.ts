/**
 * All calls of one request that change the document, as one transaction. They are collected first, while every other call is
 * answered as if nothing had been; then all are carried out, or none; then the request is answered.
 */

import { readNetwork } from "../../config/addresses/networks.ts";
import {
  type AppliedChanges,
  type DocumentChange,
  type DocumentPlace,
  DocumentStateError,
  describePlan,
  type ManagedDocument,
  type SectionName,
} from "../../config/index.ts";
import type { ReloadReport } from "../../runtime/reload/reload.ts";
import { setArguments } from "../jmap/arguments.ts";
import type { Json, JsonObject } from "../jmap/json.ts";
import { coreLimits } from "../jmap/limits.ts";
import { MethodError } from "../jmap/method-error.ts";
import type { CreatedIds } from "../jmap/responses.ts";
import { accountId } from "../jmap/session.ts";
import { idOf } from "../objects/get.ts";
import type { ManagedObject } from "../objects/managed-object.ts";
import { blame, rolledBack } from "./blame.ts";
import {
  createChange,
  idOfChange,
  isSetError,
  type RequestedChange,
  type SetVerb,
  updateChange,
} from "./requested-change.ts";
import type { SetError } from "./set-error.ts";
import { shownPlan } from "./shown-plan.ts";

/** One `/set`, as it was collected. */
interface CollectedSet {
  readonly object: ManagedObject;
  readonly oldState: string;
  readonly requested: readonly RequestedChange[];
}

interface AskedSet {
  readonly object: ManagedObject;
  readonly args: JsonObject;
  readonly createdIds: CreatedIds;
  /** @throws MethodError `forbidden` */
  allowed(verb: "Create" | "Update" | "Destroy"): void;
}

type Outcome =
  | { readonly done: true; readonly applied: AppliedChanges<ReloadReport> }
  | { readonly done: false; readonly errors: ReadonlyMap<RequestedChange, SetError> };

export class DocumentTransaction {
  readonly #document: ManagedDocument<ReloadReport>;
  readonly #by: string;
  /** Of the document before anything was looked at. */
  readonly #state: string;
  readonly #sets: (CollectedSet | MethodError)[] = [];
  #isDryRun = false;
  #isConditional = false;
  #outcome: Outcome | null = null;
  #answered = 0;

  /** @param by who asks for it */
  constructor(document: ManagedDocument<ReloadReport>, by: string) {
    this.#document = document;
    this.#by = by;
    this.#state = document.snapshot().state;
  }

  /** What was put into force; null for nothing. */
  get applied(): AppliedChanges<ReloadReport> | null {
    return this.#outcome?.done && this.#outcome.applied.report !== null ? this.#outcome.applied : null;
  }

  /** The objects that were changed: `x:NetworkListener smtp`. */
  get objects(): string[] {
    return this.#sets.flatMap((set) =>
      set instanceof MethodError
        ? []
        : set.requested.flatMap(({ change }) =>
            isSetError(change) ? [] : [`x:${set.object.name} ${idOfChange(change) ?? ""}`.trim()],
          ),
    );
  }

  /** A `/set` that cannot be looked at keeps the others of the request from being carried out. */
  collect(asked: AskedSet): JsonObject {
    try {
      const set = this.#read(asked);
      this.#sets.push(set);
      return { accountId, ...provisional(set) };
    } catch (error) {
      if (error instanceof MethodError) this.#sets.push(error);
      throw error;
    }
  }

  #read({ object, args, createdIds, allowed }: AskedSet): CollectedSet {
    const { ifInState = null, create, update, destroy, dryRun } = setArguments(args);
    const { state: oldState, values } = object.snapshot();
    if (ifInState !== null && ifInState !== oldState)
      throw new MethodError("stateMismatch", `x:${object.name} is in the state ${oldState}, not in ${ifInState}.`);
    const creates = Object.entries(create ?? {});
    const updates = Object.entries(update ?? {});
    const destroys = destroy ?? [];
    if (creates.length + updates.length + destroys.length > coreLimits.maxObjectsInSet)
      throw new MethodError("requestTooLarge", `At most ${coreLimits.maxObjectsInSet} objects are changed at once.`);
    if (creates.length > 0) allowed(object.isSingleton ? "Update" : "Create");
    // Nothing asked for is answered with a plan and a state all the same.
    if (updates.length > 0 || creates.length + destroys.length === 0) allowed("Update");
    if (destroys.length > 0) allowed(object.isSingleton ? "Update" : "Destroy");
    this.#isDryRun ||= dryRun === true;
    this.#isConditional ||= ifInState !== null;
    const section = object.name as SectionName;
    const current = new Map(values.map((value) => [value.id, value]));
    const requested: RequestedChange[] = [];
    for (const [key, given] of creates) {
      const change = createChange(section, given, createdIds);
      const id = isSetError(change) ? null : idOfChange(change);
      if (id !== null) createdIds.set(key, id);
      requested.push({ verb: "create", key, change });
    }
    for (const [key, patch] of updates) {
      const id = idOf(key, createdIds);
      const change = updateChange(section, { id, patch, current: current.get(id), createdIds });
      requested.push({ verb: "update", key, change });
    }
    for (const key of destroys)
      requested.push({ verb: "destroy", key, change: { kind: "destroy", section, id: idOf(key, createdIds) } });
    return { object, oldState, requested };
  }

  /** @throws DocumentStateError `document-changed`: look at everything again. */
  async carryOut(): Promise<void> {
    const requested = this.#sets.flatMap((set) => (set instanceof MethodError ? [] : set.requested));
    const invalid = requested.filter(({ change }) => isSetError(change));
    const errors = new Map(requested.map((one) => [one, isSetError(one.change) ? one.change : rolledBack] as const));
    if (invalid.length > 0 || this.#sets.some((set) => set instanceof MethodError)) {
      this.#outcome = { done: false, errors };
      return;
    }
    const changes = requested.map(({ change }) => change as DocumentChange);
    const options = {
      by: this.#by,
      dryRun: this.#isDryRun,
      ...(this.#isConditional ? { ifInState: this.#state } : {}),
    };
    try {
      this.#outcome = { done: true, applied: await this.#document.apply(changes, options) };
    } catch (error) {
      if (error instanceof DocumentStateError && error.code === "document-changed" && this.#isConditional) throw error;
      const blamed = blame(error, changes, (section, text) => this.#knownId(section, text));
      this.#outcome = {
        done: false,
        errors: new Map(requested.map((one, index) => [one, blamed[index] ?? rolledBack] as const)),
      };
    }
  }

  #knownId(section: SectionName, text: string): string | undefined {
    const { configuration, ids } = this.#document.snapshot();
    const network = readNetwork(text);
    const address = network.ok ? network.value : text;
    switch (section) {
      case "NetworkListener":
        return ids[section][configuration.listeners.findIndex(({ name }) => name === text)];
      case "BlockedIp":
        return ids[section][configuration.blocked.findIndex((entry) => entry.address === address)];
      case "AllowedIp":
        return ids[section][configuration.allowed.findIndex((entry) => entry.address === address)];
      default:
        return undefined;
    }
  }

  /** The answer of the next `/set`, in the order in which they were collected. */
  answer(createdIds: CreatedIds): JsonObject {
    const set = this.#sets[this.#answered];
    this.#answered += 1;
    const outcome = this.#outcome;
    if (!set || !outcome) throw new Error("A /set is answered that was not collected.");
    if (set instanceof MethodError) throw set;
    if (!outcome.done) return { accountId, ...notDone(set, outcome.errors) };
    const { applied } = outcome;
    const all = this.#sets.flatMap((one) => (one instanceof MethodError ? [] : one.requested));
    const plan = shownPlan(applied.plan, all);
    const ids = new Map(all.map((one, index) => [one, applied.ids[index] ?? ""]));
    return {
      accountId,
      oldState: set.oldState,
      newState: set.object.snapshot().state,
      ...done(set, { ids, createdIds }),
      plan: plan as unknown as JsonObject,
      planText: describePlan(plan),
      ...(this.#isDryRun ? { dryRun: true } : { keptIn: applied.report === null ? null : keptIn(applied.place) }),
    };
  }
}

/** The file in the data folder, when the document's own cannot be written. */
export function keptIn(place: DocumentPlace): string | null {
  return place.kind === "data" ? place.file : null;
}

function done(
  { requested }: CollectedSet,
  { ids, createdIds }: { readonly ids: ReadonlyMap<RequestedChange, string>; readonly createdIds: CreatedIds },
): JsonObject {
  const of = (verb: SetVerb) => requested.filter((one) => one.verb === verb);
  const created = of("create").map((one): [string, Json] => {
    const id = ids.get(one) ?? "";
    createdIds.set(one.key, id);
    return [one.key, { id }];
  });
  return {
    created: Object.fromEntries(created),
    updated: Object.fromEntries(of("update").map(({ key }) => [key, null])),
    destroyed: of("destroy").map(({ key }) => key),
    notCreated: {},
    notUpdated: {},
    notDestroyed: {},
  };
}

function notDone({ oldState, requested }: CollectedSet, errors: ReadonlyMap<RequestedChange, SetError>): JsonObject {
  const failures = (verb: SetVerb): Json => {
    const own = requested.filter((one) => one.verb === verb);
    return Object.fromEntries(own.map((one) => [one.key, errors.get(one) ?? rolledBack]));
  };
  return {
    oldState,
    newState: oldState,
    created: {},
    updated: {},
    destroyed: [],
    notCreated: failures("create"),
    notUpdated: failures("update"),
    notDestroyed: failures("destroy"),
  };
}

/** As far as it is known before: for calls that refer to it. */
function provisional({ requested }: CollectedSet): JsonObject {
  const created = requested.flatMap(({ verb, key, change }): [string, Json][] =>
    verb === "create" && !isSetError(change) ? [[key, { id: idOfChange(change) }]] : [],
  );
  return { created: Object.fromEntries(created) };
}
