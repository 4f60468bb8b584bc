import { MessageChannel, MessagePort, Worker } from "node:worker_threads";
import { CallAnswers } from "./call-answers.ts";
import type { CallName, Calls, ChangeSet, Following, Opened, OpenRequest, Passed, Response } from "./store-calls.ts";
import { StoreError } from "./store-error.ts";
import type { StoreLine } from "./store-line.ts";

/** The thread's file is TypeScript in the sources and JavaScript in the package. */
const ENTRY = new URL(`../database/store-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * The store's side of its thread: calls and their answers. When the thread dies, the calls under way fail and the next
 * call starts another thread. It keeps the process alive only while a call is under way.
 */
export class StoreThread implements StoreLine {
  readonly #options: Omit<OpenRequest, "first" | "joins">;
  readonly #answers = new CallAnswers();
  #worker: Worker | null = null;
  #opened: Promise<Opened> = Promise.resolve({ lacksOutlines: false });
  #ended: Promise<void> = Promise.resolve();
  #openedOnce = false;
  /** Other threads make calls as well: their commits are of interest only to another server. */
  #isLent = false;
  onChanges: (changes: readonly ChangeSet[]) => void = () => {};
  onLost: () => void = () => {};

  #joins: boolean;

  constructor({ joins = false, ...options }: Omit<OpenRequest, "first" | "joins"> & { readonly joins?: boolean }) {
    this.#options = options;
    this.#joins = joins;
  }

  /** Starts the thread and opens the database. @throws StoreError */
  async open(): Promise<Opened> {
    if (!this.#worker) {
      // The dead thread's locks are free only when it has ended.
      await this.#ended;
      if (!this.#worker) this.#start();
    }
    return this.#opened;
  }

  /**
   * @param transfer Memory that is handed over instead of copied.
   * @throws StoreError
   */
  async call<Name extends CallName>(
    name: Name,
    request: Calls[Name]["request"],
    transfer: readonly (ArrayBufferLike | MessagePort)[] = [],
  ): Promise<Calls[Name]["reply"]> {
    await this.open();
    return this.#send(name, request, transfer);
  }

  share(isShared: boolean): void {
    this.#joins = isShared;
    this.#follow();
  }

  pass(changes: readonly ChangeSet[] | null): void {
    if (this.#isLent) this.#worker?.postMessage({ passed: changes } satisfies Passed);
  }

  /** @returns a port by which another thread makes calls, until this one ends. @throws StoreError */
  async lend(): Promise<MessagePort> {
    this.#isLent = true;
    // A thread that ends meanwhile is followed by another one.
    const port = await this.#join().catch(() => this.#join());
    this.#follow();
    return port;
  }

  async #join(): Promise<MessagePort> {
    const { port1, port2 } = new MessageChannel();
    await this.call("join", port1, [port1]);
    return port2;
  }

  /** Closes the database, when it is open, and ends the thread. */
  async close(): Promise<void> {
    if (!this.#worker) return this.#ended;
    const closed = this.#send("close", null);
    await closed.finally(() => this.#end());
  }

  /** Ends the thread in mid-work, as a crash would. */
  async terminate(): Promise<void> {
    void this.#worker?.terminate();
    await this.#end();
  }

  /** Waits for the thread's end, and keeps the process alive that long. */
  #end(): Promise<void> {
    this.#worker?.ref();
    return this.#ended;
  }

  #start(): void {
    // Node 22 warns that type stripping and node:sqlite are experimental.
    const worker = new Worker(ENTRY, { execArgv: ["--disable-warning=ExperimentalWarning"] });
    this.#worker = worker;
    let reason: Error | null = null;
    worker.on("message", (response: Response) => this.#settle(response));
    worker.on("error", (error: Error) => {
      reason = error;
    });
    this.#ended = new Promise((resolve) => {
      worker.on("exit", (code) => {
        this.#worker = null;
        this.#failAll(reason ?? new Error(`exit code ${code}`));
        resolve();
      });
    });
    this.#opened = this.#send("open", { ...this.#options, first: !this.#openedOnce, joins: this.#joins });
    this.#follow();
    this.#opened.then(
      () => {
        this.#openedOnce = true;
      },
      // A thread without a database is of no use; the next call tries again.
      () => this.terminate(),
    );
  }

  #send<Name extends CallName>(
    name: Name,
    request: Calls[Name]["request"],
    transfer: readonly (ArrayBufferLike | MessagePort)[] = [],
  ): Promise<Calls[Name]["reply"]> {
    const worker = this.#worker;
    if (!worker) return Promise.reject(new StoreError("store-failed", "The mail store's thread has ended; try again."));
    worker.ref();
    return this.#answers.expect<Name>((number) =>
      worker.postMessage({ number, name, request }, transfer.filter(isTransferable)),
    );
  }

  #follow(): void {
    this.#worker?.postMessage({ followAll: this.#joins || !this.#isLent } satisfies Following);
  }

  #settle(response: Response): void {
    if ("lost" in response) {
      this.onLost();
      return;
    }
    if ("reported" in response) {
      this.onChanges(response.reported);
      return;
    }
    this.#answers.take(response, () => {
      if (this.#answers.size === 0) this.#worker?.unref();
      if ("reply" in response && response.changes?.length) this.onChanges(response.changes);
    });
  }

  #failAll(cause: Error): void {
    if (this.#answers.failAll(cause) > 0) this.onLost();
  }
}

function isTransferable(memory: ArrayBufferLike | MessagePort): memory is ArrayBuffer | MessagePort {
  return memory instanceof ArrayBuffer || memory instanceof MessagePort;
}
