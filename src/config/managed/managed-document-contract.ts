/** A document that is changed while a server runs it, as its manager sees it. */
import type { ConfigurationIssue } from "../document/configuration-error.ts";
import type { Configuration } from "../document/effective.ts";
import type { ReloadPlan } from "../plan/reload-plan.ts";

/** The sections that hold objects. */
export type SectionName = "SystemSettings" | "Certificate" | "Account" | "BlockedIp" | "AllowedIp" | "NetworkListener";

/** The id of the one object of `SystemSettings`. */
export const SINGLETON = "singleton";

/** One change of one object; several are carried out in their order, as one transaction. */
export type DocumentChange =
  | {
      readonly kind: "create";
      readonly section: SectionName;
      /** Its key where the section is a map. Left out: the name of a listener, the address of a listed one, else one is made. */
      readonly id?: string;
      /** As a document has it. */
      readonly value: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: "update";
      readonly section: SectionName;
      readonly id: string;
      /**
       * A JMAP patch (RFC 8620 section 5.3): values by path, `{"maxConnections": 5, "bind/[::]:26": true}`. Null takes a field
       * or a member of a set away. Sets may be written as maps or arrays, however the document has them.
       */
      readonly patch: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "destroy"; readonly section: SectionName; readonly id: string };

/** The document in force. */
export interface DocumentSnapshot {
  /** Another one after every change of the document, whoever made it. The same after a restart. */
  readonly state: string;
  readonly configuration: Configuration;
  /**
   * The ids of the objects, in the order of the configuration's lists: `ids.NetworkListener[0]` is that of
   * `configuration.listeners[0]`. Keys where a section is a map; else `id`, the name of a listener, the address of a listed one.
   */
  readonly ids: Readonly<Record<SectionName, readonly string[]>>;
}

/** Where changes of the document are kept. */
export type DocumentPlace =
  /** In the file itself. */
  | { readonly kind: "file"; readonly file: string }
  /** In the data folder: the document is read-only, or it is built in (null). They are merged into it at every start. */
  | { readonly kind: "data"; readonly file: string; readonly document: string | null }
  /** In the engine of the fleet: `redis:mail`. */
  | { readonly kind: "engine"; readonly file: string };

export interface ApplyOptions {
  /** Say what would happen, and change nothing. */
  readonly dryRun?: boolean;
  /** Refuse with `document-changed` unless the document is in this state. */
  readonly ifInState?: string;
  /** Who changes it, for the log and the history of reloads; `embedder` by default. */
  readonly by?: string;
}

/** What became of changes. */
export interface AppliedChanges<Report> {
  readonly oldState: string;
  /** As before for a dry run. */
  readonly newState: string;
  readonly plan: ReloadPlan;
  /** Of each change, the id of its object. */
  readonly ids: readonly string[];
  /** What the reload reported; null for a dry run, and where nothing had to be done. */
  readonly report: Report | null;
  readonly place: DocumentPlace;
}

export interface ManagedDocument<Report> {
  readonly place: DocumentPlace;
  snapshot(): DocumentSnapshot;
  /**
   * Carries changes out as one transaction: all are in force and on disk when it resolves, or everything is as it was. One
   * after the other, whoever asks.
   * @throws DocumentChangeError what is wrong with which change; DocumentStateError; ReloadError
   */
  apply(changes: readonly DocumentChange[], options?: ApplyOptions): Promise<AppliedChanges<Report>>;
}

/** What is wrong with one change. */
export interface ChangeProblem {
  /** Of the change in the list; null where none of them is to blame alone. */
  readonly change: number | null;
  readonly section: SectionName | null;
  readonly id: string | null;
  /**
   * `not-found`: there is no object of this id. `exists`: there is one already. `singleton`: there is one, always.
   * `invalid-patch`: the patch leads nowhere. `invalid`: the document would not be valid, see `issue`.
   */
  readonly reason: "not-found" | "exists" | "singleton" | "invalid-patch" | "invalid";
  /** The field, below the object: `["bind", "x"]`; empty for the object as a whole. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** For `invalid`: as reading the document would report it. */
  readonly issue: ConfigurationIssue | null;
}

/** Changes that cannot be made; nothing was changed. */
export class DocumentChangeError extends Error {
  override readonly name = "DocumentChangeError";
  readonly code = "invalid-change";
  readonly problems: readonly ChangeProblem[];

  constructor(problems: readonly ChangeProblem[]) {
    const lines = problems.map(({ section, id, path, message }) => {
      const object = section === null ? "document" : `${section} ${JSON.stringify(id)}`;
      return `  ${[object, ...path].join("/")}: ${message}`;
    });
    super(`The document cannot be changed like this; nothing was changed:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/**
 * `document-changed`: the document is not in the state that was asked for, or an edit by hand came in between and does not go
 * together with the changes: look at it, and try again. `document-unwritable`: the changes cannot be kept on disk; the
 * document before is in force again.
 */
export class DocumentStateError extends Error {
  override readonly name = "DocumentStateError";
  readonly code: "document-changed" | "document-unwritable";

  constructor(code: DocumentStateError["code"], message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
