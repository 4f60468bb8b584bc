/** A document that is kept in memory: changed by the API, put into force by its server. */
import { randomUUID } from "node:crypto";
import {
  type AppliedChanges,
  type ApplyOptions,
  ConfigurationError,
  type DocumentChange,
  DocumentChangeError,
  type DocumentSnapshot,
  DocumentStateError,
  type ManagedDocument,
} from "../../src/config/index.ts";
import type { Gatehouse } from "../../src/index.ts";
import type { ReloadReport } from "../../src/runtime/reload/reload.ts";

type Section = Record<string, Record<string, unknown>>;

/** Sections are maps; ids are their keys. */
export class MemoryDocument implements ManagedDocument<ReloadReport> {
  readonly place = { kind: "data", file: "memory", document: null } as const;
  #gatehouse: Gatehouse | null = null;
  #sections: Record<string, Section>;
  #state = randomUUID();
  #last: Promise<unknown> = Promise.resolve();

  constructor(sections: Record<string, Section>) {
    this.#sections = sections;
  }

  manage(gatehouse: Gatehouse): void {
    this.#gatehouse = gatehouse;
  }

  get value(): object {
    return this.#sections;
  }

  get #server(): Gatehouse {
    if (!this.#gatehouse) throw new Error("The document has no server yet.");
    return this.#gatehouse;
  }

  snapshot(): DocumentSnapshot {
    const keys = (section: string) => Object.keys(this.#sections[section] ?? {});
    const ids = {
      SystemSettings: ["singleton"],
      Certificate: keys("Certificate"),
      Account: keys("Account"),
      BlockedIp: keys("BlockedIp"),
      AllowedIp: keys("AllowedIp"),
      NetworkListener: keys("NetworkListener"),
    };
    return { state: this.#state, configuration: this.#server.configuration, ids };
  }

  apply(changes: readonly DocumentChange[], options: ApplyOptions = {}): Promise<AppliedChanges<ReloadReport>> {
    const applied = this.#last.then(() => this.#apply(changes, options));
    this.#last = applied.catch(() => {});
    return applied;
  }

  async #apply(changes: readonly DocumentChange[], { dryRun, ifInState }: ApplyOptions) {
    if (ifInState !== undefined && ifInState !== this.#state)
      throw new DocumentStateError("document-changed", "It is in another state.");
    const oldState = this.#state;
    const sections = structuredClone(this.#sections);
    const ids = changes.map((change, index) => {
      const section = sections[change.section] ?? {};
      sections[change.section] = section;
      const problem = (reason: "not-found" | "exists", id: string) =>
        new DocumentChangeError([
          { change: index, section: change.section, id, reason, path: [], message: `${reason}: ${id}`, issue: null },
        ]);
      if (change.kind === "create") {
        const id = String(change.id ?? change.value["name"] ?? change.value["address"]);
        if (section[id]) throw problem("exists", id);
        section[id] = { ...change.value };
        return id;
      }
      if (change.section === "SystemSettings") {
        Object.assign(section, (change as { patch: object }).patch);
        return "singleton";
      }
      const object = section[change.id];
      if (!object) throw problem("not-found", change.id);
      if (change.kind === "destroy") delete section[change.id];
      else for (const [path, value] of Object.entries(change.patch)) patch(object, path.split("/"), value);
      return change.id;
    });
    const plan = await this.#server.plan(sections).catch((error: unknown) => {
      throw error instanceof ConfigurationError ? problemsOf(error, changes) : error;
    });
    if (dryRun) return { oldState, newState: oldState, plan, ids, report: null, place: this.place };
    const report = await this.#server.reload(sections);
    this.#sections = sections;
    this.#state = randomUUID();
    return { oldState, newState: this.#state, plan, ids, report, place: this.place };
  }
}

function patch(object: Record<string, unknown>, [name = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length > 0) {
    const inner = (object[name] ?? {}) as Record<string, unknown>;
    object[name] = inner;
    patch(inner, rest, value);
  } else if (value === null) delete object[name];
  else object[name] = value;
}

function problemsOf(error: ConfigurationError, changes: readonly DocumentChange[]): DocumentChangeError {
  return new DocumentChangeError(
    error.issues.map((issue) => {
      const [, section = "", id = "", field = ""] =
        /^(\w+)(?:\.(\w+)|\["?([^"\]]+)"?\])?(?:\.(\w+))?/.exec(issue.path) ?? [];
      const change = changes.findIndex(
        (one) => one.section === section && ("id" in one ? one.id : one.value["name"]) === id,
      );
      const path = section === "SystemSettings" ? [id] : [issue.path.split(".")[2] ?? field];
      return {
        change: change < 0 ? null : change,
        section: section as DocumentChange["section"],
        id,
        reason: "invalid" as const,
        path: path.map((one) => one.replace(/\[.*/, "")),
        message: issue.message,
        issue,
      };
    }),
  );
}
