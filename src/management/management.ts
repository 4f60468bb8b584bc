/** What the management API does, whichever way it is asked: its methods, and who may call them. */
import { type AppliedChanges, DocumentStateError, describePlan, type ManagedDocument } from "../config/index.ts";
import type { Gatehouse } from "../gatehouse-contract.ts";
import type { EndHistory } from "../runtime/observe/end-history.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";
import type { ReloadHistory } from "../runtime/reload/reload-history.ts";
import {
  explanationPermission,
  type Grant,
  mayOnlyRead,
  type PermissionVerb,
  permission,
} from "./access/permissions.ts";
import { setActions } from "./changes/actions.ts";
import { DocumentTransaction, keptIn } from "./changes/document-transaction.ts";
import { restoringChanges } from "./changes/restored-document.ts";
import { explain } from "./explanations.ts";
import type { JsonObject } from "./jmap/json.ts";
import { MethodError } from "./jmap/method-error.ts";
import type { JmapRequest } from "./jmap/request.ts";
import { type CreatedIds, type JmapResponse, type Method, respond } from "./jmap/responses.ts";
import { type SessionResource, sessionResource } from "./jmap/session.ts";
import { documentObjects, documentSections } from "./objects/document-objects.ts";
import { endObjects } from "./objects/end-objects.ts";
import { get } from "./objects/get.ts";
import { liveObjects } from "./objects/live-objects.ts";
import type { ManagedObject, ManagedValue } from "./objects/managed-object.ts";
import { query } from "./objects/query.ts";
import { reloadId, reloadObject } from "./objects/reload-objects.ts";

export interface ManagementOptions {
  readonly gatehouse: Gatehouse;
  /** Where the document is kept, so that it can be changed; null where nobody keeps one. */
  readonly document: ManagedDocument<ReloadReport> | null;
  readonly ends: EndHistory;
  readonly reloads: ReloadHistory;
  /** Reads the document again and puts it into force. @param by who asks */
  reload(by: string): Promise<unknown>;
  /** Reads the certificates again. */
  renew(by: string): Promise<unknown>;
  /** A method has failed by a mistake of its own. */
  failed(method: string, error: unknown): void;
  /** Something was changed, or an action done. */
  changed(change: ManagementChange): void;
}

export interface ManagementChange {
  /** `account ann@example.com`, `token ci`, `control socket`. */
  readonly by: string;
  /** What was changed: `x:NetworkListener smtp`, `x:Action SuspendListener`. */
  readonly objects: readonly string[];
  /** In words; empty for actions. */
  readonly plan: string;
  /** Where it is kept, when the document's own file cannot be written. */
  readonly keptIn: string | null;
}

const actionMethod = "x:Action/set";

/** How often a request is looked at again because others have changed the document meanwhile. */
const mostAttempts = 5;

export class Management {
  readonly #options: ManagementOptions;
  readonly #objects: ReadonlyMap<string, ManagedObject>;

  constructor(options: ManagementOptions) {
    this.#options = options;
    const { gatehouse, document } = options;
    const inForce = {
      get configuration() {
        return gatehouse.configuration;
      },
      ids: () => document?.snapshot().ids ?? null,
      certificates: () => gatehouse.certificates(),
    };
    const objects = [
      ...documentObjects(inForce),
      ...liveObjects(options),
      ...endObjects(options.ends),
      reloadObject(options.reloads),
    ];
    this.#objects = new Map(objects.map((object) => [object.name, object]));
  }

  /** @param mount the path that its URLs are below */
  session(grant: Grant, mount = ""): SessionResource {
    return sessionResource({ username: grant.who.name, isReadOnly: mayOnlyRead(grant) }, mount);
  }

  /** All objects of one kind, without `x:`, as `/get` would return them. */
  valuesOf(name: string): readonly ManagedValue[] {
    return this.#objects.get(name)?.snapshot().values ?? [];
  }

  /** The types of objects that may be read: `x:NetworkListener`. */
  readableBy({ permissions }: Grant): readonly string[] {
    const names = [...this.#objects.keys()].filter((name) => permissions.has(permission(name, "Get")));
    return names.map((name) => `x:${name}`);
  }

  /** The state that `/get` would answer with. */
  stateOf(type: string): string {
    return this.#objects.get(type.slice("x:".length))?.snapshot().state ?? "";
  }

  async respond(request: JmapRequest, grant: Grant): Promise<JmapResponse> {
    const { document } = this.#options;
    const changes = request.calls.some(({ name }) => this.#settable(name) !== undefined);
    if (!changes || !document) return this.#carryOut(request, grant, (name) => this.#method(name, grant));
    const transaction = await this.#transact(request, { grant, document });
    const { applied, objects } = transaction;
    if (applied) {
      const { plan, place } = applied;
      this.#options.changed({ by: nameOf(grant), objects, plan: describePlan(plan), keptIn: keptIn(place) });
    }
    return this.#carryOut(request, grant, (name) => {
      const settable = this.#settable(name);
      return settable ? (_args, { createdIds }) => transaction.answer(createdIds) : this.#method(name, grant);
    });
  }

  /** Collects what the request changes, and carries it out. */
  async #transact(
    request: JmapRequest,
    { grant, document }: { readonly grant: Grant; readonly document: ManagedDocument<ReloadReport> },
  ): Promise<DocumentTransaction> {
    for (let attempt = 1; ; attempt += 1) {
      const transaction = new DocumentTransaction(document, nameOf(grant));
      await this.#carryOut(request, grant, (name) => {
        const settable = this.#settable(name);
        // An action is done once, and not before what was asked for with it.
        if (name === "x:NetworkListener/explain") return (args) => this.#explain(args, grant);
        if (name === actionMethod) return () => ({});
        if (!settable) return this.#method(name, grant);
        return (args, { createdIds }) =>
          transaction.collect({
            object: settable,
            args,
            createdIds,
            allowed: (verb) => this.#allow(grant, settable.name, verb),
          });
      });
      try {
        await transaction.carryOut();
        return transaction;
      } catch (error) {
        if (attempt === mostAttempts || !(error instanceof DocumentStateError)) throw error;
      }
    }
  }

  #carryOut(request: JmapRequest, grant: Grant, method: (name: string) => Method | undefined): Promise<JmapResponse> {
    return respond(request, { method, sessionState: this.session(grant).state, failed: this.#options.failed });
  }

  /** The object of a `/set` that changes the document. */
  #settable(name: string): ManagedObject | undefined {
    const [, section = ""] = /^x:(\w+)\/set$/.exec(name) ?? [];
    return documentSections.some((known) => known === section) ? this.#objects.get(section) : undefined;
  }

  #allow(grant: Grant, object: string, verb: PermissionVerb): void {
    assertPermission(grant, permission(object, verb));
  }

  #method(name: string, grant: Grant): Method | undefined {
    if (name === "Core/echo") return (args) => args;
    if (name === "x:NetworkListener/explain") return (args) => this.#explain(args, grant);
    if (name === actionMethod) return (args, { createdIds }) => this.#act(args, { grant, createdIds });
    if (this.#settable(name)) {
      return () => {
        throw unkept();
      };
    }
    const [, objectName = "", verb] = /^x:(\w+)\/(get|query)$/.exec(name) ?? [];
    const object = this.#objects.get(objectName);
    if (!object || (object.isSingleton && verb === "query")) return undefined;
    const allowed = (needed: PermissionVerb) => assertPermission(grant, permission(objectName, needed));
    switch (verb) {
      case "get":
        return (args, { createdIds }): JsonObject => {
          allowed("Get");
          return get(object, args, createdIds);
        };
      case "query":
        return (args, { createdIds }): JsonObject => {
          allowed("Query");
          return query(object, args, createdIds);
        };
      default:
        return undefined;
    }
  }

  async #act(
    args: JsonObject,
    { grant, createdIds }: { readonly grant: Grant; readonly createdIds: CreatedIds },
  ): Promise<JsonObject> {
    this.#allow(grant, "Action", "Create");
    const { gatehouse, reload, renew, changed } = this.#options;
    const by = nameOf(grant);
    let kept: string | null = null;
    const { answer, done } = await setActions(args, createdIds, {
      gatehouse,
      reload: () => reload(by),
      renew: () => renew(by),
      upgrade: () => gatehouse.upgrade({ by }),
      restore: async (reloadId, { dryRun }) => {
        const applied = await this.#restore(reloadId, { grant, dryRun });
        if (applied) kept = keptIn(applied.place);
        return applied;
      },
    });
    if (done.length > 0)
      changed({
        by,
        objects: done.map(({ type }) => `x:Action ${type}`),
        plan: done.map(({ plan }) => plan).join(""),
        keptIn: kept,
      });
    return answer;
  }

  async #restore(
    id: string,
    { grant, dryRun }: { readonly grant: Grant; readonly dryRun: boolean },
  ): Promise<AppliedChanges<ReloadReport> | null> {
    const { document, reloads } = this.#options;
    if (!document) throw unkept();
    const target = reloads.reloads.find((reload) => reloadId(reload) === id)?.configuration;
    if (!target) return null;
    const snapshot = document.snapshot();
    const changes = restoringChanges(snapshot, target);
    const verbs = { create: "Create", update: "Update", destroy: "Destroy" } as const;
    for (const { section, kind } of changes) this.#allow(grant, section, verbs[kind]);
    return document.apply(changes, { dryRun, ifInState: snapshot.state, by: nameOf(grant) });
  }

  async #explain(args: JsonObject, grant: Grant): Promise<JsonObject> {
    assertPermission(grant, explanationPermission);
    return explain(this.#options.gatehouse, args);
  }
}

function unkept(): MethodError {
  return new MethodError(
    "forbidden",
    "Nobody keeps the document of this server, so it cannot be changed: it is its embedder's.",
  );
}

function nameOf({ who }: Grant): string {
  return who.kind === "control" ? who.name : `${who.kind} ${who.name}`;
}

function assertPermission({ who, permissions }: Grant, needed: string): void {
  if (!permissions.has(needed)) throw new MethodError("forbidden", `${who.name} has not the permission ${needed}.`);
}
