/**
 * The document of a running server: it is read when somebody asks for it, watched in between, and changed, one transaction
 * after the other. What is put into force is on disk; what is on disk is put into force.
 */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { concatMap } from "rxjs";
import { FileError, replaceFile } from "../../files/index.ts";
import { ConfigurationError } from "../document/configuration-error.ts";
import type { Configuration } from "../document/effective.ts";
import { parseAside } from "../document/parse-aside.ts";
import { DOCUMENT_LIMITS, textOf, unreadableFile } from "../document/read.ts";
import { serializeDocument } from "../document/serialize.ts";
import type { ReloadPlan } from "../plan/reload-plan.ts";
import { contentOf, type FileContent } from "../sources/file-content.ts";
import { settledFiles, type WatchOptions } from "../sources/settled-files.ts";
import { type ConfigurationSource, documentRead } from "../sources/source.ts";
import { type ChangedWithIds, changeAside } from "./change-aside.ts";
import { problemsOf } from "./change-problems.ts";
import type { DocumentIds } from "./changed-document.ts";
import type { DocumentKeeper } from "./document-keeper.ts";
import { readKept, withChange, writeKept } from "./kept-changes.ts";
import {
  type AppliedChanges,
  type ApplyOptions,
  type DocumentChange,
  DocumentChangeError,
  type DocumentPlace,
  type DocumentSnapshot,
  DocumentStateError,
  type ManagedDocument,
} from "./managed-document-contract.ts";

/** The server that runs a document. */
export interface DocumentServer<Report> {
  readonly configuration: Configuration;
  plan(configuration: Configuration): Promise<ReloadPlan>;
  reload(configuration: Configuration, options: ReloadOrigin): Promise<Report>;
}

/** Who asked for a reload; `embedder` by default. */
type ReloadOrigin = Pick<ApplyOptions, "by">;

export interface RunningDocumentOptions {
  /** Null: there is only what is built in. */
  readonly file: string | null;
  /** In place of a file. */
  readonly keeper?: DocumentKeeper;
  /** The text where there is neither. */
  readonly builtIn?: string;
  /** In the data folder: what cannot be written to the file. */
  readonly keptFile: string;
  /** Names of protocols that the embedder registered. */
  readonly protocols?: readonly string[];
}

/** What the document's own text was when it was read. */
interface Base {
  readonly text: string;
  readonly digest: string;
  readonly kept: readonly DocumentChange[];
  /** The text with what is kept. */
  readonly merged: ChangedWithIds;
  readonly configuration: Configuration;
}

interface Version {
  readonly state: string;
  readonly ids: DocumentIds;
  readonly digest: string;
}

/** How often changes are made again, because another document or an edit by hand came in between. */
const MOST_ATTEMPTS = 5;
/** Whoever runs the server may not write it, or nobody may: changes are kept elsewhere. EBUSY: a file that is a mount. */
const READ_ONLY: ReadonlySet<string | null> = new Set(["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"]);

export class RunningDocument<Report> implements ManagedDocument<Report> {
  readonly file: string | null;
  readonly keptFile: string;
  readonly #options: RunningDocumentOptions;
  readonly #loaded = new Map<string, string>();
  readonly #versions = new WeakMap<Configuration, Version>();
  #server: DocumentServer<Report> | null = null;
  #place: DocumentPlace;
  #isMerged = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: RunningDocumentOptions) {
    this.#options = options;
    this.file = options.file;
    this.keptFile = options.keptFile;
    this.#place = this.file === null ? this.#elsewhere : { kind: "file", file: this.file };
  }

  /** The file, or who else keeps the text; null for what is built in. */
  get name(): string | null {
    return this.file ?? this.#options.keeper?.name ?? null;
  }

  /** From here on changes go to this server. */
  manage(server: DocumentServer<Report>): void {
    this.#server = server;
  }

  get place(): DocumentPlace {
    return this.#place;
  }

  /** Whether what was read last is more than the file, or what is built in: changes that are kept in the data folder. */
  get isMerged(): boolean {
    return this.#isMerged;
  }

  /** The document as it is on disk. Whoever reads it puts it into force. @throws ConfigurationError */
  read(): Promise<Configuration> {
    return this.#alone(async () => {
      const own = await this.#ownText();
      if (this.file !== null) this.#loaded.set(this.file, own.digest);
      return (await this.#baseOf(own)).configuration;
    });
  }

  /** What the file holds whenever that is not what was read or written last. */
  changes(options: WatchOptions = {}): ConfigurationSource {
    const files = this.file === null ? [] : [this.file];
    return settledFiles(files, { ...options, loaded: this.#loaded, limits: DOCUMENT_LIMITS }).pipe(
      concatMap((contents) => (contents.length === 0 ? [] : documentRead(() => this.read()))),
    );
  }

  snapshot(): DocumentSnapshot {
    const { configuration } = this.#running();
    const { state, ids } = this.#versionOf(configuration);
    return { state, ids, configuration };
  }

  apply(changes: readonly DocumentChange[], options: ApplyOptions = {}): Promise<AppliedChanges<Report>> {
    return this.#alone(() => this.#apply(changes, options));
  }

  async #apply(
    changes: readonly DocumentChange[],
    { dryRun = false, ifInState, ...origin }: ApplyOptions,
  ): Promise<AppliedChanges<Report>> {
    const server = this.#running();
    const before = server.configuration;
    const { state: oldState } = this.#versionOf(before);
    if (ifInState !== undefined && ifInState !== oldState)
      throw changedMeanwhile("The document is not in the state that the changes were meant for");
    let hasReloaded = false;
    try {
      for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
        const base = await this.#usableBase();
        if (ifInState !== undefined && base.digest !== this.#versionOf(before).digest)
          throw changedMeanwhile(`${this.file ?? "The document"} was changed by hand`);
        const { configuration, changed } = await this.#candidate(base, changes);
        const plan = await server.plan(configuration);
        const outcome = { oldState, plan, ids: changed.ids };
        if (dryRun) return { ...outcome, newState: oldState, report: null, place: this.#place };
        if (plan.isEmpty && changed.text === base.merged.text)
          return { ...outcome, newState: stateOf(changed.text), report: null, place: this.#place };
        const made = changes.map((change, index) => ({ ...change, id: changed.ids[index] ?? "" }) as DocumentChange);
        const report = await this.#reload(server, configuration, origin);
        if (report === null) continue;
        hasReloaded = true;
        const digest = await this.#write(base, { text: changed.text, made });
        if (digest === null) continue;
        // What is watched is not put into force a second time.
        if (this.file !== null) this.#loaded.set(this.file, digest);
        const version = { state: stateOf(changed.text), ids: changed.objects, digest };
        this.#versions.set(configuration, version);
        return { ...outcome, newState: version.state, report: report.value, place: this.#place };
      }
      throw changedMeanwhile("The document changes all the time");
    } catch (error) {
      if (!hasReloaded) throw error;
      throw await this.#wentBack(server, { before, origin, cause: error });
    }
  }

  /** @returns null when another document took its place before it was looked at. */
  async #reload(
    server: DocumentServer<Report>,
    configuration: Configuration,
    origin: ReloadOrigin,
  ): Promise<{ value: Report } | null> {
    try {
      return { value: await server.reload(configuration, origin) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "reload-superseded")) throw error;
      if ("newer" in error && error.newer instanceof Promise) await error.newer.catch(ignore);
      return null;
    }
  }

  async #wentBack(
    server: DocumentServer<Report>,
    {
      before,
      origin,
      cause,
    }: { readonly before: Configuration; readonly origin: ReloadOrigin; readonly cause: unknown },
  ): Promise<unknown> {
    const reason = cause instanceof Error ? cause.message : String(cause);
    try {
      await server.reload(before, origin);
    } catch (error) {
      const message = `The changes are in force and not on disk: ${reason} Nor could the document before be put into force again: ${String(error)}`;
      return new DocumentStateError("document-unwritable", message, { cause });
    }
    if (cause instanceof DocumentStateError) return cause;
    if (cause instanceof DocumentChangeError || cause instanceof ConfigurationError)
      return changedMeanwhile("The document was changed by hand, which does not go together with the changes", cause);
    const message = `The changes cannot be kept, and the document before is in force again. ${reason}`;
    return new DocumentStateError("document-unwritable", message, { cause });
  }

  /** @throws DocumentChangeError */
  async #candidate(
    base: Base,
    changes: readonly DocumentChange[],
  ): Promise<{ readonly configuration: Configuration; readonly changed: ChangedWithIds }> {
    const changed = await changeAside({ text: base.merged.text, changes, mode: "new" });
    if (changed.problems.length > 0) throw new DocumentChangeError(changed.problems);
    try {
      const configuration = await this.#parse(changed.text);
      this.#options.keeper?.remember(configuration, { text: changed.text, expected: base.digest });
      return { changed, configuration };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new DocumentChangeError(problemsOf(error, { changes, changed }));
    }
  }

  /** @returns the digest of what is on disk then; null when the file was changed meanwhile. @throws FileError */
  async #write(
    base: Base,
    { text, made }: { readonly text: string; readonly made: readonly DocumentChange[] },
  ): Promise<string | null> {
    if (this.file !== null) {
      try {
        const digest = await replaceFile(this.file, text, { expected: base.digest });
        this.#place = { kind: "file", file: this.file };
        // They are in the file now.
        if (base.kept.length > 0) await writeKept(this.keptFile, []);
        this.#isMerged = false;
        return digest;
      } catch (error) {
        if (error instanceof FileError && error.code === "file-changed") return null;
        if (!(error instanceof FileError && READ_ONLY.has(error.errno))) throw error;
      }
    }
    // It was kept before it came into force.
    const { keeper } = this.#options;
    if (keeper) return keeper.digestOf(text);
    await writeKept(this.keptFile, made.reduce(withChange, [...base.kept]));
    this.#place = this.#inData;
    this.#isMerged = true;
    return base.digest;
  }

  /** @throws DocumentStateError when what is on disk cannot be used: that is nobody's mistake who changes it here. */
  async #usableBase(): Promise<Base> {
    try {
      return await this.#baseOf(await this.#ownText());
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw changedMeanwhile("The document on disk cannot be used; mend it first", error);
    }
  }

  /** @throws ConfigurationError */
  async #baseOf({ digest, content }: Omit<FileContent, "file">): Promise<Base> {
    const { file, keptFile } = this;
    const { keeper } = this.#options;
    if (!content.ok) throw keeper ? content.cause : unreadableFile(file ?? "", content.cause);
    const text = textOf(content.bytes, file ?? "");
    const kept = keeper ? [] : await readKept(keptFile);
    const own = await this.#parse(text);
    const merged = await changeAside({ text, changes: kept, mode: "kept" });
    const configuration = kept.length === 0 ? own : await this.#parse(merged.text, keptFile);
    keeper?.remember(configuration, { text, expected: digest });
    this.#isMerged = kept.length > 0;
    if (this.#isMerged) this.#place = this.#inData;
    this.#versions.set(configuration, { state: stateOf(merged.text), ids: merged.objects, digest });
    return { text, digest, kept, merged, configuration };
  }

  async #ownText(): Promise<Omit<FileContent, "file">> {
    if (this.file !== null) return contentOf(this.file, DOCUMENT_LIMITS);
    const { keeper } = this.#options;
    if (keeper) return keeper.read();
    return { digest: "built in", content: { ok: true, bytes: Buffer.from(this.#options.builtIn ?? "{}") } };
  }

  /** @param keptFile where some of the text is kept */
  #parse(text: string, keptFile?: string): Promise<Configuration> {
    const { protocols = [] } = this.#options;
    if (this.file === null) return parseAside(text, { protocols });
    if (keptFile === undefined) return parseAside(text, { protocols, file: this.file });
    const file = `${this.file} with the changes kept in ${keptFile}`;
    return parseAside(text, { protocols, file, directory: dirname(resolve(this.file)) });
  }

  /** Of a document that an embedder has put into force by himself, what it amounts to. */
  #versionOf(configuration: Configuration): Version {
    const known = this.#versions.get(configuration);
    if (known) return known;
    const version = {
      state: stateOf(JSON.stringify(serializeDocument(configuration))),
      ids: idsOf(configuration),
      digest: "",
    };
    this.#versions.set(configuration, version);
    return version;
  }

  get #elsewhere(): DocumentPlace {
    const { keeper } = this.#options;
    return keeper ? { kind: "engine", file: keeper.name } : this.#inData;
  }

  get #inData(): DocumentPlace {
    return { kind: "data", file: this.keptFile, document: this.file };
  }

  #running(): DocumentServer<Report> {
    if (this.#server) return this.#server;
    throw new Error("No server runs this document.");
  }

  /** One after the other: what is read is not between a change's coming into force and its being on disk. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(ignore);
    return result;
  }
}

function idsOf({ listeners, certificates, accounts, blocked, allowed }: Configuration): DocumentIds {
  return {
    SystemSettings: ["singleton"],
    Certificate: certificates.map(({ id }) => id),
    Account: accounts.map(({ address }) => address),
    BlockedIp: blocked.map(({ address }) => address),
    AllowedIp: allowed.map(({ address }) => address),
    NetworkListener: listeners.map(({ name }) => name),
  };
}

/** Tells nothing of the secrets in it. */
function stateOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function changedMeanwhile(what: string, cause?: unknown): DocumentStateError {
  const reason = cause instanceof Error ? ` ${cause.message}` : "";
  const message = `${what}; nothing was changed. Look at it, and try again.${reason}`;
  return new DocumentStateError("document-changed", message, { cause });
}

function ignore(): void {
  // The caller gets the error.
}
