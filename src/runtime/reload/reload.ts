/** Runs the reload machine: one document after another, each as a transaction. */

import { type Actor, createActor, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import type { Configuration, ReloadPlan } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { reloadMachine } from "../../machines/reload.ts";
import type { ChartFlow } from "../observe/chart-flows.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import type { Clock } from "../time/clock.ts";

/**
 * One document being put into force. Each step is taken once, in this order; `discard` replaces the remaining ones.
 */
export interface ReloadTransaction {
  /** @throws ReloadError when the difference cannot be carried out without a restart. */
  plan(): ReloadPlan;
  /**
   * Prepares all that is new, beside what runs. Once the signal is aborted it prepares nothing more, and `discard`
   * follows.
   */
  stage(signal: AbortSignal): Promise<void>;
  /** Puts it in place of the old. */
  swap(): Promise<void>;
  /** Releases what is no longer needed. */
  retire(): Promise<ReloadReport>;
  /** Undoes `stage`. */
  discard(): Promise<void>;
}

/** What a reload did. */
export interface ReloadReport {
  /** Number of the document in force; the first is 1. */
  readonly generation: number;
  readonly plan: ReloadPlan;
  /** Whether certificates or keys have changed, even if only their files did. */
  readonly certificatesChanged: boolean;
  /** Findings about certificates and keys that were not served before, e.g. that one has expired. */
  readonly warnings: readonly string[];
  /** Connections that drain, by the name of the listener that was removed. */
  readonly draining: Readonly<Record<string, number>>;
}

/** A document could not be put into force; everything is as it was. */
export class ReloadError extends AggregateError {
  readonly code: "reload-failed" | "reload-needs-restart" | "reload-superseded" | "reload-stopped";
  /** For `reload-superseded`: what becomes of the newer document. */
  readonly newer: Promise<ReloadReport> | undefined;

  constructor(
    code: ReloadError["code"],
    message: string,
    { errors = [], newer }: { errors?: readonly unknown[]; newer?: Promise<ReloadReport> } = {},
  ) {
    super(errors, message);
    this.name = "ReloadError";
    this.code = code;
    this.newer = newer;
  }
}

interface Request {
  /** Who asked for it. */
  readonly by: string;
  /** Called when its turn has come. */
  configuration(): Configuration;
  readonly outcome: Promise<ReloadReport>;
  readonly resolve: (report: ReloadReport) => void;
  readonly reject: (error: ReloadError) => void;
}

interface ReloaderOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly flow: ChartFlow;
  /** The document in force. */
  inForce(): Configuration;
  begin(configuration: Configuration): ReloadTransaction;
}

export class Reloader {
  readonly actor: Actor<typeof reloadMachine>;
  readonly #options: ReloaderOptions;
  /** The current document and the waiting one, by number. */
  readonly #requests = new Map<number, Request>();
  #lastDocument = 0;
  #transaction: ReloadTransaction | null = null;
  #plan: ReloadPlan | null = null;
  #report: ReloadReport | null = null;
  #state: string | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.actor = createActor(
      reloadMachine.provide({
        actors: {
          planReload: fromPromise(async ({ input }) => this.#begin(input.document)),
          stageReload: fromPromise(async ({ signal }) => this.#transaction?.stage(signal)),
          swapStaged: fromPromise(async () => this.#transaction?.swap()),
          retireReplaced: fromPromise(async () => {
            this.#report = (await this.#transaction?.retire()) ?? null;
          }),
          discardStaged: fromPromise(async () => this.#transaction?.discard()),
        },
        actions: {
          reportCarriedOut: ({ context }) => this.#carriedOut(context.document),
          reportRejected: ({ context }) => this.#rejected(context.document, context.error),
        },
      }),
      { id: "reload", clock: options.clock, ...(options.inspect ? { inspect: options.inspect } : {}) },
    );
    this.actor.system.inspect(options.flow.inspector);
    this.actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
    this.actor.start();
  }

  /**
   * Puts a document into force.
   * @throws ReloadError when it cannot be: everything stays as it was.
   */
  submit(configuration: Configuration, by: string): Promise<ReloadReport> {
    return this.#submit(() => configuration, by);
  }

  /**
   * Puts the document that is in force at that time into force again, reading its certificates again. A waiting
   * document is not superseded by this, but serves the purpose too.
   * @throws ReloadError when it cannot be: everything stays as it was.
   */
  renew(by: string): Promise<ReloadReport> {
    const [waiting] = this.#waiting();
    return waiting?.[1].outcome ?? this.#submit(() => this.#options.inForce(), by);
  }

  get state(): SnapshotFrom<typeof reloadMachine>["value"] {
    return this.actor.getSnapshot().value;
  }

  #submit(configuration: () => Configuration, by: string): Promise<ReloadReport> {
    if (this.actor.getSnapshot().status !== "active")
      return Promise.reject(
        new ReloadError("reload-stopped", "The server ends: no document is put into force any more."),
      );
    this.#lastDocument += 1;
    const document = this.#lastDocument;
    const { promise, resolve, reject } = Promise.withResolvers<ReloadReport>();
    this.#supersede(promise);
    this.#requests.set(document, { by, configuration, outcome: promise, resolve, reject });
    this.actor.send({ type: "document.arrived", document });
    return promise;
  }

  /** Ends, and undoes the current reload; one in mid-swap is carried out first, which waits for nothing outside. */
  async stop(): Promise<void> {
    this.#supersede(null);
    const text = "The server ends before this document was in force; nothing of it is.";
    this.actor.send({ type: "reload.stop", error: new ReloadError("reload-stopped", text) });
    await waitFor(this.actor, ({ status }) => status !== "active");
  }

  /** The waiting document, if any, gives way: to a newer one, or because the server ends. */
  #supersede(newer: Promise<ReloadReport> | null): void {
    for (const [document, { reject }] of this.#waiting()) {
      this.#requests.delete(document);
      reject(
        newer
          ? new ReloadError("reload-superseded", "A newer document arrived before this one was looked at.", { newer })
          : new ReloadError("reload-stopped", "The server ends before this document was looked at."),
      );
    }
  }

  /** The document that waits for the current one, if any. */
  #waiting(): [number, Request][] {
    const { document: current } = this.actor.getSnapshot().context;
    return [...this.#requests].filter(([document]) => document !== current);
  }

  #begin(document: number | null): void {
    const request = this.#requests.get(document ?? 0);
    if (!request) throw new ReloadError("reload-stopped", "The server ends before this document was looked at.");
    this.#transaction = this.#options.begin(request.configuration());
    this.#plan = this.#transaction.plan();
  }

  #carriedOut(document: number | null): void {
    const report = this.#report;
    const request = this.#requests.get(document ?? 0);
    if (report && request) {
      this.#options.lifecycle.emit({ type: "reload.carriedOut", by: request.by, ...report });
      request.resolve(report);
    }
    this.#end(document);
  }

  #rejected(document: number | null, cause: unknown): void {
    const error = cause instanceof ReloadError ? cause : failure(cause);
    const request = this.#requests.get(document ?? 0);
    if (request) {
      this.#options.lifecycle.emit({ type: "reload.rejected", by: request.by, error, plan: this.#plan });
      request.reject(error);
    }
    this.#end(document);
  }

  #end(document: number | null): void {
    this.#requests.delete(document ?? 0);
    this.#transaction = null;
    this.#plan = null;
    this.#report = null;
  }

  #onSnapshot({ value }: SnapshotFrom<typeof reloadMachine>): void {
    if (value === this.#state) return;
    this.#state = value;
    switch (value) {
      case "staging":
        if (this.#plan) this.#options.lifecycle.emit({ type: "reload.staging", plan: this.#plan });
        break;
      case "validating":
      case "swapping":
      case "retiring":
      case "rollingBack":
        this.#options.lifecycle.emit({ type: `reload.${value}` });
        break;
      case "idle":
      case "stopped":
        break;
    }
  }
}

function failure(cause: unknown): ReloadError {
  const errors = cause instanceof AggregateError ? cause.errors : [cause];
  const reasons = errors.map(messageOf);
  const message = `The new document was not put into force; everything is as it was.\n${reasons.join("\n")}`;
  return new ReloadError("reload-failed", message, { errors });
}
