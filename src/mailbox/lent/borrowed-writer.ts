import { setTimeout as delay } from "node:timers/promises";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { CallAnswers } from "../store/call-answers.ts";
import type { CallName, Calls, ChangeSet, Following, Response } from "../store/store-calls.ts";
import { StoreError } from "../store/store-error.ts";
import type { CommitReports, StoreLine } from "../store/store-line.ts";
import type { Borrower } from "./borrower.ts";

/** The first and the longest wait before the thread is asked for again, in milliseconds; it doubles in between. */
const shortestWait = 100;
const longestWait = 5_000;

/**
 * The store's writing thread, which another thread owns. When it dies, the calls under way fail; its owner starts another
 * one, and this finds the way to it, also where nobody calls: changes that others make are to be heard of.
 */
export class BorrowedWriter implements StoreLine, CommitReports {
  readonly #borrower: Borrower;
  readonly #answers = new CallAnswers();
  readonly #followed = new Set<number>();
  readonly #closed = new AbortController();
  #port: MessagePort | null = null;
  #connecting: Promise<MessagePort> | null = null;
  onChanges: (changes: readonly ChangeSet[]) => void = () => {};
  onLost: () => void = () => {};

  constructor(borrower: Borrower) {
    this.#borrower = borrower;
  }

  /** @throws StoreError */
  async open(): Promise<void> {
    await this.#connect();
  }

  async call<Name extends CallName>(
    name: Name,
    request: Calls[Name]["request"],
    transfer: readonly ArrayBufferLike[] = [],
  ): Promise<Calls[Name]["reply"]> {
    const port = this.#port ?? (await this.#connect());
    return this.#answers.expect<Name>((number) =>
      port.postMessage(
        { number, name, request },
        transfer.filter((memory) => memory instanceof ArrayBuffer),
      ),
    );
  }

  follow(mailbox: number): void {
    this.#followed.add(mailbox);
    this.#tell({ follow: mailbox });
  }

  unfollow(mailbox: number): void {
    this.#followed.delete(mailbox);
    this.#tell({ unfollow: mailbox });
  }

  /** What was reported and has not been looked at yet. Whoever committed it has its answer after this was sent. */
  catchUp(): void {
    const port = this.#port;
    if (!port) return;
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (!received) return;
      this.#take(received.message);
    }
  }

  /** Its owner shares it. */
  share(): void {}

  /** Its owner hears of other servers. */
  pass(): void {}

  async close(): Promise<void> {
    this.#closed.abort();
    this.#port?.close();
  }

  #connect(): Promise<MessagePort> {
    if (this.#port) return Promise.resolve(this.#port);
    this.#connecting ??= this.#obtain().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #obtain(): Promise<MessagePort> {
    const port = await this.#borrower.call("writer", null);
    if (this.#closed.signal.aborted) {
      port.close();
      throw new StoreError("store-closed", "The mail store is closed.");
    }
    this.#port = port;
    port.on("message", (response: Response) => this.#take(response));
    port.on("close", () => this.#lost());
    for (const mailbox of this.#followed) this.#tell({ follow: mailbox });
    return port;
  }

  #lost(): void {
    this.#port = null;
    this.#answers.failAll(new Error("its port was closed"));
    if (!this.#closed.signal.aborted) void this.#findAgain();
  }

  async #findAgain(): Promise<void> {
    const { signal } = this.#closed;
    for (let wait = shortestWait; !signal.aborted; wait = Math.min(wait * 2, longestWait)) {
      try {
        await this.#connect();
        // What was committed in the meantime was reported to nobody here.
        this.onLost();
        return;
      } catch {
        await delay(wait, null, { signal, ref: false }).catch(() => {});
      }
    }
  }

  #tell(following: Following): void {
    this.#port?.postMessage(following);
  }

  #take(response: Response): void {
    if ("lost" in response) this.onLost();
    else if ("reported" in response) this.onChanges(response.reported);
    else
      this.#answers.take(response, () => {
        if ("reply" in response && response.changes?.length) this.onChanges(response.changes);
      });
  }
}
