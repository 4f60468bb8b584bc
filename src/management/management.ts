/** What the management API does, whichever way it is asked: the methods, for whoever may call them. */
import type { Gatehouse } from "../gatehouse-contract.ts";
import { type Grant, mayOnlyRead, type PermissionVerb, permission } from "./access/permissions.ts";
import type { JsonObject } from "./jmap/json.ts";
import { MethodError } from "./jmap/method-error.ts";
import type { JmapRequest } from "./jmap/request.ts";
import { type JmapResponse, type Method, respond } from "./jmap/responses.ts";
import { type SessionResource, sessionResource } from "./jmap/session.ts";
import { documentObjects } from "./objects/document-objects.ts";
import { get } from "./objects/get.ts";
import { liveObjects } from "./objects/live-objects.ts";
import type { ManagedObject } from "./objects/managed-object.ts";
import { query } from "./objects/query.ts";

export interface ManagementOptions {
  readonly gatehouse: Gatehouse;
  /** Of Gatehouse. */
  readonly version: string;
  /** A method has failed by a mistake of its own. */
  failed(method: string, error: unknown): void;
}

export class Management {
  readonly #options: ManagementOptions;
  readonly #objects: ReadonlyMap<string, ManagedObject>;

  constructor(options: ManagementOptions) {
    this.#options = options;
    const objects = [...documentObjects(options.gatehouse), ...liveObjects(options)];
    this.#objects = new Map(objects.map((object) => [object.name, object]));
  }

  session(grant: Grant): SessionResource {
    return sessionResource({ username: grant.who.name, isReadOnly: mayOnlyRead(grant) });
  }

  respond(request: JmapRequest, grant: Grant): Promise<JmapResponse> {
    return respond(request, {
      method: (name) => this.#method(name, grant),
      sessionState: this.session(grant).state,
      failed: this.#options.failed,
    });
  }

  #method(name: string, grant: Grant): Method | undefined {
    if (name === "Core/echo") return (args) => args;
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
}

function assertPermission({ who, permissions }: Grant, needed: string): void {
  if (!permissions.has(needed)) throw new MethodError("forbidden", `${who.name} has not the permission ${needed}.`);
}
