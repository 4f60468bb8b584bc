/** The workers of a server: its listeners' accepts, connections and sessions in threads of their own. */
import type { MessagePort } from "node:worker_threads";
import type { Inspector } from "../../charts/inspector.ts";
import type { Configuration, ListenerSettings } from "../../config/index.ts";
import { resultsOf } from "../../config/values/thrown.ts";
import type { OwnName } from "../../machines/causes.ts";
import type { BlockedAddress } from "../admission/block-list.ts";
import type { Listener } from "../listener/listener.ts";
import type { ChartFlows } from "../observe/chart-flows.ts";
import type { InspectedThread, InspectedThreads, ThreadsInspector } from "../observe/inspection.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import { lastThread } from "../shared/shared-counters.ts";
import type { Clock } from "../time/clock.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import { type EventBatch, forwarded, receivedEvent, type WantedEvents } from "./forwarded-events.ts";
import { ServerWorker } from "./worker.ts";
import { workerDocument } from "./worker-document.ts";
import { MainMemory } from "./worker-memory.ts";
import type { BlockChange, Proof, ServeRequest, WorkerQuestion, WorkerStart } from "./worker-messages.ts";
import type { Thread, ThreadOwner, ThreadStart } from "./worker-thread.ts";

/** How long a thread may take for each of the two steps until it serves, in milliseconds. */
const startTimeout = 60_000;
/** How long the answers to a question may take altogether, where event loops are busy, in milliseconds. */
const longestQuestion = 250;
/** How often it is looked who wants which events, in milliseconds. */
const lookAround = 250;

export interface WorkerPoolOptions {
  /** How many workers a document wants. */
  count(document: Configuration): number;
  /** Makes a worker's thread. */
  begin(start: ThreadStart, owner: ThreadOwner): Thread;
  /** Notices that the embedder's protocols have registered. */
  readonly notices: readonly OwnName[];
  readonly clock: Clock;
  /** What every thread gets as it is. */
  readonly given: Pick<WorkerStart, "module" | "dataDirectory" | "lifecycle" | "pressure">;
  /** A port by which a thread borrows the mail and the accounts of the main thread; null where the embedder has them. */
  lendMail(): MessagePort | null;
  /** A port by which a thread asks the main thread's fleet about its clients; null without a fleet. */
  lendFleet(): MessagePort | null;
  /** The server is a node of a fleet. */
  readonly inFleet: boolean;
  /** Whether the workers serve a listener; the main thread serves the others. */
  serves(settings: ListenerSettings): boolean;
}

/** The server, as far as its workers follow it. */
export interface FollowedServer {
  readonly configuration: Configuration;
  readonly certificates: ServerCertificates;
  readonly generation: number;
  readonly listeners: readonly Listener[];
  readonly ticketSecret: Uint8Array;
  readonly lifecycle: Lifecycle;
  readonly flows: ChartFlows;
  readonly inspect: Inspector | undefined;
  /** What the ids of all connections begin with. */
  readonly idPrefix: string;
  blocked(): readonly BlockedAddress[];
  /** So many threads have been lost that nobody is served well. */
  failed(error: unknown): void;
}

interface InspectableThread extends InspectedThread {
  readonly thread: Thread;
}

export class WorkerPool implements InspectedThreads {
  readonly memory: MainMemory;
  readonly #options: WorkerPoolOptions;
  readonly #blockVersion = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /** By what the ids of their connections begin with. */
  readonly #threads = new Map<string, InspectableThread>();
  /** Whoever inspects connections, and what ends it in each thread. */
  readonly #inspectors = new Map<ThreadsInspector, Map<InspectedThread, () => void>>();
  /** How many threads have begun. */
  #begun = 0;
  /** Numbers of threads in shared memory that are in use. */
  readonly #taken = new Set<number>();
  /** Those that serve, or are about to. */
  readonly #serving = new Set<Thread>();
  /** Listeners that accept nobody. */
  readonly #paused = new Set<string>();
  /** What is being proved to authorities, by domain. */
  readonly #proofs = new Map<string, Proof>();
  readonly #mayServe = Promise.withResolvers<void>();
  /** Until a thread serves or has ended, by the number of its worker. */
  readonly #starting = new Map<number, Promise<void>>();
  #reloading: PromiseWithResolvers<void> | null = null;
  /** Those that followed the stage of the current reload. */
  #staged: readonly ServerWorker[] = [];
  #workers: readonly ServerWorker[] = [];
  /** Those that are not needed any more, until their sessions have finished. */
  readonly #leaving = new Set<ServerWorker>();
  #server: FollowedServer | null = null;
  #wanted = "";
  #looking: NodeJS.Timeout | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { clock, serves, inFleet } = options;
    this.memory = new MainMemory({ clock, serves, inFleet });
  }

  get workers(): readonly ServerWorker[] {
    return [...this.#workers, ...this.#leaving];
  }

  serves(settings: ListenerSettings): boolean {
    return this.#options.serves(settings);
  }

  /** Makes the workers; resolves when all have read and bound everything. @throws what keeps one from it */
  async start(server: FollowedServer): Promise<void> {
    this.#server = server;
    const ready: Promise<void>[] = [];
    this.#workers = Array.from({ length: this.#options.count(server.configuration) }, (_, index) =>
      this.#worker(index + 1, (thread) => void ready.push(thread.ready)),
    );
    for (const { actor } of this.#workers) actor.start();
    // A worker makes its thread in the next turn.
    const lost = this.#workers.map((worker) => worker.started());
    for (const one of lost) one.catch(() => {});
    while (ready.length < this.#workers.length) await Promise.race([new Promise(setImmediate), ...lost]);
    await Promise.all(ready);
    this.#looking = setInterval(() => this.#look(), lookAround);
    this.#looking.unref();
  }

  /** From here on the workers accept; resolves when all do. */
  async serve(): Promise<void> {
    this.#mayServe.resolve();
    await Promise.all(this.#workers.map((worker) => worker.served()));
  }

  /** Lets the workers prepare a document beside what they serve; the main thread has bound all of it. */
  async stage(document: Configuration, staged: Pick<FollowedServer, "certificates" | "listeners">): Promise<void> {
    const reloading = Promise.withResolvers<void>();
    this.#reloading = reloading;
    await Promise.allSettled(this.#workers.map(({ number }) => this.#starting.get(number)));
    const message = workerDocument(document, this, staged);
    const serving = this.#workers.filter(({ serving }) => serving !== null);
    this.#staged = serving;
    const outcomes = await Promise.allSettled(
      serving.map((worker) => carryOut(worker, (thread) => thread.call("stage", message))),
    );
    resultsOf(outcomes);
  }

  /** Puts what was staged into force everywhere. A worker that cannot is replaced by one that begins with it. */
  async swap(): Promise<void> {
    await this.#eachStaged("swap");
  }

  /** Releases what is not needed any more, and makes the workers that are, or lets others go. */
  async retire(document: Configuration): Promise<void> {
    await this.#eachStaged("retire");
    this.#endReload();
    await this.#adjust(this.#options.count(document));
  }

  async discard(): Promise<void> {
    await this.#eachStaged("discard");
    this.#endReload();
  }

  async suspend(listener: string): Promise<void> {
    this.#paused.add(listener);
    await this.#each((thread) => thread.call("suspend", listener));
  }

  async resume(listener: string): Promise<void> {
    this.#paused.delete(listener);
    await this.#each((thread) => thread.call("resume", listener));
  }

  /** Resolves when all workers serve them. */
  async serveCertificates(certificates: ServerCertificates): Promise<void> {
    await this.#each((thread) => thread.call("certificates", certificates));
  }

  /** Resolves when all workers make the keys of tickets from it. */
  async useTicketSecret(secret: Uint8Array): Promise<void> {
    await this.#each((thread) => thread.call("ticketSecret", secret));
  }

  /** Resolves when all workers show it, or no longer. */
  async prove(proof: Proof): Promise<void> {
    if (proof.pem) this.#proofs.set(proof.domain, proof);
    else this.#proofs.delete(proof.domain);
    await this.#each((thread) => thread.call("prove", proof));
  }

  /** In force when this returns. */
  block(change: BlockChange): void {
    for (const { thread } of this.#threads.values()) thread.block(change);
    Atomics.add(this.#blockVersion, 0, 1);
  }

  /** Asks all workers at once. Of one whose event loop is busy for long there is no answer. */
  ask<Answer>(question: WorkerQuestion): readonly Answer[] {
    const asked = this.workers.flatMap(({ serving }) => (serving ? [serving.ask(question)] : []));
    const deadline = performance.now() + longestQuestion;
    return asked.flatMap((answerBy) => {
      const answer = answerBy(deadline);
      return answer === undefined ? [] : [answer as Answer];
    });
  }

  /** Asks the worker that has a connection, or had it. @returns undefined without an answer */
  askOwner<Answer>(question: WorkerQuestion & { readonly id: string }): Answer | undefined {
    const answerBy = this.#ownerOf(question.id)?.thread.ask(question);
    return answerBy?.(performance.now() + longestQuestion) as Answer | undefined;
  }

  inspect(inspector: ThreadsInspector): (() => void) | null {
    const { connection } = inspector;
    const owner = connection === null ? undefined : this.#ownerOf(connection);
    if (connection !== null && !owner) return null;
    const ends = new Map<InspectedThread, () => void>();
    this.#inspectors.set(inspector, ends);
    for (const thread of owner ? [owner] : this.#threads.values()) this.#inspectIn(thread, inspector);
    return () => {
      if (!this.#inspectors.delete(inspector)) return;
      for (const [thread, end] of ends) {
        end();
        inspector.end(thread);
      }
    };
  }

  /** Resolves when every thread has ended. @param options.wait let the sessions finish */
  async stop(options: { readonly wait: boolean }): Promise<void> {
    this.#mayServe.resolve();
    await Promise.all(this.workers.map((worker) => worker.stop(options)));
    if (this.#looking) clearInterval(this.#looking);
  }

  #worker(number: number, begun: (thread: Thread) => void = () => {}): ServerWorker {
    const server = this.#followed();
    let thread: number | null = null;
    return new ServerWorker({
      number,
      clock: this.#options.clock,
      lifecycle: server.lifecycle,
      inspect: server.inspect,
      flow: server.flows.of("worker"),
      start: (watch, signal) =>
        this.#start(number, {
          ...watch,
          signal,
          numbered: (given) => {
            thread = given;
          },
          begun: (made) => {
            watch.begun(made);
            begun(made);
          },
        }),
      giveBack: () => {
        if (thread === null) return;
        this.memory.giveBackAllOf(thread);
        this.#taken.delete(thread);
        thread = null;
      },
      failed: (error) => server.failed(error),
    });
  }

  /** @returns what lets the thread serve, and resolves when it does */
  async #start(
    worker: number,
    watch: {
      readonly signal: AbortSignal;
      begun(thread: Thread): void;
      lost(error: Error): void;
      numbered(thread: number): void;
    },
  ): Promise<() => Promise<void>> {
    while (this.#reloading) await this.#reloading.promise;
    // It may not be needed any more.
    watch.signal.throwIfAborted();
    const number = this.#number();
    watch.numbered(number);
    this.#begun += 1;
    const idPrefix = `${this.#followed().idPrefix}${this.#begun.toString(36)}-`;
    const thread: Thread = this.#options.begin(this.#startOf({ worker, thread: number, idPrefix }), {
      events: (batch) => this.#report(batch, worker),
      ended: (error) => {
        this.#threads.delete(idPrefix);
        this.#serving.delete(thread);
        this.#endInspectionOf(inspectable);
        if (error) watch.lost(error);
      },
    });
    const inspectable: InspectableThread = { idPrefix, worker, thread };
    this.#threads.set(idPrefix, inspectable);
    watch.begun(thread);
    for (const inspector of this.#inspectors.keys())
      if (inspector.connection === null) this.#inspectIn(inspectable, inspector);
    const opened = Promise.withResolvers<void>();
    const started = Promise.race([opened.promise, thread.ended]).finally(() => {
      if (this.#starting.get(worker) === started) this.#starting.delete(worker);
    });
    this.#starting.set(worker, started);
    await inTime(thread.ready);
    await this.#mayServe.promise;
    return async () => {
      this.#serving.add(thread);
      await inTime(thread.call("serve", this.#inForce())).finally(opened.resolve);
    };
  }

  #startOf(own: Pick<WorkerStart, "worker" | "thread" | "idPrefix">): ThreadStart {
    const server = this.#followed();
    const { configuration, certificates, listeners } = server;
    return {
      ...this.#options.given,
      ...workerDocument(configuration, this, { certificates, listeners }),
      ...own,
      shared: this.memory.own.memory,
      ticketSecret: server.ticketSecret,
      blockVersion: this.#blockVersion,
      blocked: server.blocked(),
      wanted: this.#wants(),
      mail: this.#options.lendMail(),
      fleet: this.#options.lendFleet(),
    };
  }

  #inspectIn(inspectable: InspectableThread, inspector: ThreadsInspector): void {
    const end = inspectable.thread.inspect(inspector.begin(inspectable), (batch) => inspector.take(batch, inspectable));
    this.#inspectors.get(inspector)?.set(inspectable, end);
  }

  #endInspectionOf(thread: InspectedThread): void {
    for (const [inspector, ends] of this.#inspectors) if (ends.delete(thread)) inspector.end(thread);
  }

  #ownerOf(connection: string): InspectableThread | undefined {
    return this.#threads.get(connection.slice(0, connection.lastIndexOf("-") + 1));
  }

  #inForce(): ServeRequest {
    const { generation, ticketSecret, certificates } = this.#followed();
    return {
      generation,
      paused: [...this.#paused],
      ticketSecret,
      certificates,
      proofs: [...this.#proofs.values()],
    };
  }

  #number(): number {
    for (let number = 1; number <= lastThread; number++) {
      if (this.#taken.has(number)) continue;
      this.#taken.add(number);
      return number;
    }
    throw new Error(`More than ${lastThread} threads of workers have not ended yet.`);
  }

  async #adjust(count: number): Promise<void> {
    const staying = this.#workers.slice(0, count);
    for (const worker of this.#workers.slice(count)) {
      this.#leaving.add(worker);
      void worker.stop({ wait: true }).finally(() => this.#leaving.delete(worker));
    }
    const added = Array.from({ length: Math.max(0, count - staying.length) }, (_, index) =>
      this.#worker(staying.length + index + 1),
    );
    this.#workers = [...staying, ...added];
    for (const { actor } of added) actor.start();
    await Promise.allSettled(added.map((worker) => worker.started()));
  }

  async #eachStaged(call: "swap" | "retire" | "discard"): Promise<void> {
    await Promise.all(
      this.#staged.map((worker) =>
        carryOut(worker, (thread) => thread.call(call, null)).catch((error: unknown) => worker.replace(error)),
      ),
    );
  }

  async #each(call: (thread: Thread) => Promise<void>): Promise<void> {
    const calls = [...this.#serving].map((thread) =>
      call(thread).catch((error: unknown) => {
        if (this.#serving.has(thread)) throw error;
      }),
    );
    await Promise.all(calls);
  }

  #endReload(): void {
    this.#staged = [];
    this.#reloading?.resolve();
    this.#reloading = null;
  }

  #report({ accepted, events }: EventBatch, worker: number): void {
    const { lifecycle } = this.#followed();
    for (const [listener, count] of accepted) lifecycle.accepted(listener, count);
    for (const event of events) lifecycle.emit(receivedEvent(event, worker));
  }

  #wants(): WantedEvents {
    const { lifecycle } = this.#followed();
    const types = [...forwarded, ...this.#options.notices].filter((type) => lifecycle.isHeard(type));
    return { types, areSeen: lifecycle.isSeen };
  }

  #look(): void {
    const wanted = this.#wants();
    const text = JSON.stringify(wanted);
    if (this.#wanted === text) return;
    this.#wanted = text;
    void this.#each((thread) => thread.call("want", wanted)).catch(() => {});
  }

  #followed(): FollowedServer {
    if (!this.#server) throw new Error("The workers have no server yet.");
    return this.#server;
  }
}

/** @throws Error when a thread takes too long */
async function inTime(step: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`A worker did not serve within ${startTimeout / 1_000} seconds.`)),
    startTimeout,
  );
  try {
    await Promise.race([step, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing where no thread serves, or the one that did has ended meanwhile: the next begins with what is in force. */
async function carryOut(worker: ServerWorker, call: (thread: Thread) => Promise<void>): Promise<void> {
  const thread = worker.serving;
  try {
    if (thread) await call(thread);
  } catch (error) {
    if (thread === worker.serving) throw error;
  }
}
