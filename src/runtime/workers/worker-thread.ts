/** The main thread's side of one worker's thread: calls and their answers, questions that are answered at once, its end. */
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { threadsClock } from "../shared/threads-clock.ts";
import { within } from "../time/waits.ts";
import type { EventBatch } from "./forwarded-events.ts";
import { beginLoading, endLoading, whenLoaded } from "./loading-threads.ts";
import type {
  BlockChange,
  SentError,
  WorkerAnswer,
  WorkerCallName,
  WorkerCalls,
  WorkerPorts,
  WorkerQuestion,
  WorkerStart,
} from "./worker-messages.ts";

export interface ThreadStart extends Omit<WorkerStart, "ports"> {
  readonly mail: WorkerPorts["mail"];
  readonly fleet: WorkerPorts["fleet"];
}

/** What a thread runs, and within which limits. */
export interface ThreadProgram {
  readonly entry: URL;
  readonly resourceLimits: ResourceLimits;
}

export interface ThreadOwner {
  events(batch: EventBatch): void;
  /** The thread has ended. @param error null when it was asked to */
  ended(error: Error | null): void;
}

/** How long its turn may go on when it is to end, in milliseconds. */
const turnTimeout = 1_000;

/** What the main thread needs of a worker's thread. */
export interface Thread {
  /** Resolves when everything is read and bound. */
  readonly ready: Promise<void>;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  /** @throws WorkerCallError */
  call<Name extends WorkerCallName>(call: Name, request: WorkerCalls[Name]["request"]): Promise<void>;
  /** Takes effect with the block list's next version. */
  block(change: BlockChange): void;
  /** @returns waits for the answer until then, by `performance.now()`, and gives undefined without one */
  ask(question: WorkerQuestion): (deadline: number) => unknown;
  /** Inspects connections there. @param take is called with each batch @returns what ends it */
  inspect(order: object, take: (batch: object) => void): () => void;
  /** Ends the thread in mid-work, after its turn if that is not too long; nobody is told that it was lost. */
  end(): Promise<void>;
  /** From here on its end is no loss. */
  release(): void;
}

/** A worker's thread could not do what it was asked to. */
export class WorkerCallError extends Error {
  override readonly name = "WorkerCallError";
  readonly code = "worker-failed";
  /** The code of the error in the worker. */
  readonly reason: string | null;

  constructor({ message, code }: SentError) {
    super(message);
    this.reason = code;
  }
}

export class WorkerThread implements Thread {
  readonly #worker: Worker;
  readonly #owner: ThreadOwner;
  readonly #blocks: MessagePort;
  readonly #questions: MessagePort;
  readonly #ending: MessagePort;
  readonly #answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  readonly #loaded = beginLoading();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #number = 0;
  #asked = 0;
  #error: Error | null = null;
  #isWanted = true;

  constructor({ entry, resourceLimits }: ThreadProgram, { mail, fleet, ...start }: ThreadStart, owner: ThreadOwner) {
    this.#owner = owner;
    const [blocks, questions, ending] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
    this.#blocks = blocks.port1;
    this.#questions = questions.port1;
    this.#ending = ending.port1;
    const own = { blocks: blocks.port2, questions: questions.port2, ending: ending.port2 };
    const ports = { ...own, loaded: this.#loaded, answered: this.#answered, mail, fleet };
    this.#worker = new Worker(entry, {
      resourceLimits,
      name: `gatehouse worker ${start.worker}`,
      execArgv: ["--disable-warning=ExperimentalWarning"],
      workerData: { ...start, ports },
      transferList: [...Object.values(own), ...(mail ? [mail] : []), ...(fleet ? [fleet] : [])],
    });
    this.#ready.promise.catch(() => {});
    this.#worker.on("message", (answer: WorkerAnswer) => this.#take(answer));
    this.#worker.on("error", (error: unknown) => {
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.#worker.on("exit", (code) => this.#exited(code));
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls[Name]["request"],
    handed: readonly MessagePort[] = [],
  ): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    this.#number += 1;
    this.#waiting.set(this.#number, waiting);
    this.#worker.postMessage({ number: this.#number, call, request }, handed);
    return waiting.promise;
  }

  inspect(order: object, take: (batch: object) => void): () => void {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (batch: object) => {
      take(batch);
      // Only then does another one follow: what waits does so in the worker, within its limits.
      port1.postMessage(null);
    });
    // A thread that ends closes the port.
    this.call("inspect", { order, port: port2 }, [port2]).catch(() => port1.close());
    return () => port1.close();
  }

  block(change: BlockChange): void {
    this.#blocks.postMessage(change);
  }

  ask(question: WorkerQuestion): (deadline: number) => unknown {
    this.#asked += 1;
    const number = this.#asked;
    this.#questions.postMessage({ number, question });
    return (deadline) => this.#answerTo(number, deadline);
  }

  #answerTo(number: number, deadline: number): unknown {
    for (;;) {
      const answered = Atomics.load(this.#answered, 0);
      if (answered >= number) break;
      const left = deadline - performance.now();
      if (left <= 0 || !this.#isWanted) return undefined;
      Atomics.wait(this.#answered, 0, answered, left);
    }
    let answer: unknown;
    for (;;) {
      const received = receiveMessageOnPort(this.#questions);
      if (!received) return answer;
      // Answers that came too late are still there.
      if (received.message.number === number) answer = received.message.answer;
    }
  }

  async end(): Promise<void> {
    this.#isWanted = false;
    this.#ending.postMessage(null);
    await whenLoaded(this.#loaded);
    await within(threadsClock, turnTimeout, () => this.ended).catch(() => {});
    await this.#worker.terminate();
  }

  release(): void {
    this.#isWanted = false;
  }

  #take(answer: WorkerAnswer): void {
    switch (answer.kind) {
      case "ready":
        this.#ready.resolve();
        break;
      case "events":
        this.#owner.events(answer.batch);
        break;
      case "answer": {
        const waiting = this.#waiting.get(answer.number);
        this.#waiting.delete(answer.number);
        if (answer.error) waiting?.reject(new WorkerCallError(answer.error));
        else waiting?.resolve();
        break;
      }
    }
  }

  #exited(code: number): void {
    const error = this.#error ?? new Error(`The thread ended with exit code ${code}.`);
    this.#ready.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#blocks.close();
    this.#questions.close();
    this.#ending.close();
    endLoading(this.#loaded);
    this.#ended.resolve();
    this.#owner.ended(this.#isWanted ? error : null);
  }
}
