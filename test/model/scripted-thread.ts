/** A worker's thread that does what a test says, in place of one with an event loop of its own. */
import { SharedCounters } from "../../src/runtime/shared/shared-counters.ts";
import type { WorkerCallName, WorkerCalls } from "../../src/runtime/workers/worker-messages.ts";
import type { Thread, ThreadOwner, ThreadStart } from "../../src/runtime/workers/worker-thread.ts";

/** The number that counts connections of the whole server. */
const serverSlots = 0;

export class ScriptedThread implements Thread {
  readonly worker: number;
  /** The document that it serves. */
  generation = 0;
  readonly #counters: SharedCounters;
  readonly #owner: ThreadOwner;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #serves = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();
  #isStaged = false;
  #isWanted = true;
  hasEnded = false;
  /** It cannot prepare the next document. */
  cannotStage = false;
  /** It cannot put the next document into force. */
  cannotSwap = false;

  constructor(start: ThreadStart, owner: ThreadOwner) {
    this.worker = start.worker;
    this.#counters = new SharedCounters(start.shared.counters, start.thread);
    this.#owner = owner;
    this.#ready.promise.catch(() => {});
    this.#serves.promise.catch(() => {});
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Has everything that it needs. */
  prepare(): void {
    this.#ready.resolve();
  }

  /** Cannot prepare, and does not end either. */
  failToPrepare(): void {
    this.#ready.reject(new Error("It cannot prepare."));
  }

  /** Answers that it serves. */
  serve(): void {
    this.#serves.resolve();
  }

  /** Answers that it cannot serve. */
  fail(): void {
    this.#serves.reject(new Error("It cannot serve."));
  }

  /** Its client has gone, and it ends as it was asked to. */
  finish(): void {
    this.#counters.giveBack(serverSlots);
    this.#serves.resolve();
    this.#finished.resolve();
    this.#exit(null);
  }

  /** Ends by itself, and its client with it. */
  die(): void {
    const error = new Error("It has died.");
    this.#ready.reject(error);
    this.#serves.reject(error);
    this.#finished.reject(error);
    this.#exit(error);
  }

  async call<Name extends WorkerCallName>(call: Name, request: WorkerCalls[Name]["request"]): Promise<void> {
    switch (call) {
      case "serve":
        this.generation = (request as WorkerCalls["serve"]["request"]).generation;
        // A client is there before it has answered.
        this.#counters.tryTake(serverSlots);
        return this.#serves.promise;
      case "stage":
        if (this.cannotStage) throw new Error("It cannot prepare the document.");
        if (this.#isStaged) throw new Error("It has another one prepared.");
        this.#isStaged = true;
        return;
      case "swap":
        if (this.cannotSwap) throw new Error("It cannot put the document into force.");
        if (this.#isStaged) this.generation += 1;
        this.#isStaged = false;
        return;
      case "discard":
        this.#isStaged = false;
        return;
      case "stop":
        return (request as WorkerCalls["stop"]["request"]).wait ? this.#finished.promise : undefined;
      default:
        return;
    }
  }

  block(): void {}

  ask(): () => undefined {
    return () => undefined;
  }

  inspect(): () => void {
    return () => {};
  }

  async end(): Promise<void> {
    this.#isWanted = false;
    this.#exit(null);
  }

  release(): void {
    this.#isWanted = false;
  }

  #exit(error: Error | null): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#finished.promise.catch(() => {});
    this.#ended.resolve();
    this.#owner.ended(this.#isWanted ? error : null);
  }
}
