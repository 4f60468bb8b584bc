import { Worker } from "node:worker_threads";
import { fromFailure } from "./failure.ts";
import type { CallName, Calls, ChangeSet, Opened, OpenRequest, Response } from "./store-calls.ts";
import { StoreError } from "./store-error.ts";

/** The thread's file is TypeScript in the sources and JavaScript in the package. */
const ENTRY = new URL(`../database/store-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The store's side of its thread: calls and their answers. When the thread dies, the calls under way fail and the next
 * call starts another thread. It keeps the process alive only while a call is under way.
 */
export class StoreThread {
  readonly #options: Omit<OpenRequest, "first" | "joins">;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #opened: Promise<Opened> = Promise.resolve({ lacksOutlines: false });
  #ended: Promise<void> = Promise.resolve();
  #number = 0;
  #openedOnce = false;
  /** Gets what commits changed, each before the call that changed it is answered. */
  onChanges: (changes: readonly ChangeSet[]) => void = () => {};
  /** The thread ended in mid-work: of the calls that were under way, nobody knows whether they were carried out. */
  onLost: () => void = () => {};

  /** Another server may have the folder as well. */
  joins: boolean;

  constructor({ joins = false, ...options }: Omit<OpenRequest, "first" | "joins"> & { readonly joins?: boolean }) {
    this.#options = options;
    this.joins = joins;
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
    transfer: readonly ArrayBufferLike[] = [],
  ): Promise<Calls[Name]["reply"]> {
    await this.open();
    return this.#send(name, request, transfer);
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
    this.#opened = this.#send("open", { ...this.#options, first: !this.#openedOnce, joins: this.joins });
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
    transfer: readonly ArrayBufferLike[] = [],
  ): Promise<Calls[Name]["reply"]> {
    return new Promise((resolve, reject) => {
      if (!this.#worker) {
        reject(new StoreError("store-failed", "The mail store's thread has ended; try again."));
        return;
      }
      this.#number += 1;
      this.#waiting.set(this.#number, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ number: this.#number, name, request }, transfer.filter(isTransferable));
    });
  }

  #settle(response: Response): void {
    const waiting = this.#waiting.get(response.number);
    this.#waiting.delete(response.number);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ("reply" in response && response.changes?.length) this.onChanges(response.changes);
    if ("failure" in response) waiting?.reject(fromFailure(response.failure));
    else waiting?.resolve(response.reply as never);
  }

  #failAll(cause: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    const text = `The mail store's thread ended (${cause.message}); the next call starts another.`;
    for (const { reject } of all) reject(new StoreError("store-failed", text, { cause }));
    if (all.length > 0) this.onLost();
  }
}

function isTransferable(memory: ArrayBufferLike): memory is ArrayBuffer {
  return memory instanceof ArrayBuffer;
}
