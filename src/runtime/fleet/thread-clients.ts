/** The main thread's side: asks the fleet about the clients of one worker's thread, and counts them until they are gone. */
import type { MessagePort } from "node:worker_threads";
import type { AddressesElsewhere } from "../admission/addresses-elsewhere.ts";
import type { Counter } from "../admission/slots.ts";
import type { AskedClient, ThreadAnswer, ThreadNotes } from "./thread-notes.ts";

/** The node, as far as the clients of its threads need it. */
export interface CountingNode {
  /** Of a listener of the document in force; null where there is none. */
  addressesOf(listener: string): AddressesElsewhere | null;
  /** All nodes hear of another failed log-in. */
  failed(address: string): void;
}

export class ThreadClients {
  readonly #port: MessagePort;
  readonly #node: CountingNode;
  /** Those that are counted, by the thread's ids. */
  readonly #inside = new Map<number, Counter>();
  readonly #over = new AbortController();
  #answers: ThreadAnswer[] = [];

  constructor(port: MessagePort, node: CountingNode) {
    this.#port = port;
    this.#node = node;
    port.on("message", (notes: ThreadNotes) => this.#take(notes));
    // The thread has ended, in whichever way.
    port.on("close", () => this.#end());
  }

  #take({ asked, entered, left, failed }: ThreadNotes): void {
    for (const address of failed) this.#node.failed(address);
    for (const { id, listener, key } of entered) {
      const counter = this.#node.addressesOf(listener)?.counter(key);
      if (counter) this.#inside.set(id, counter);
    }
    for (const id of left) {
      this.#inside.get(id)?.giveBack();
      this.#inside.delete(id);
    }
    for (const one of asked) void this.#ask(one);
  }

  async #ask({ id, listener, key, cap, rate }: AskedClient): Promise<void> {
    const addresses = this.#node.addressesOf(listener);
    const answer = await (addresses?.ask({ key, cap, rate }, this.#over.signal) ?? { exhausted: null, counter: null });
    if (answer.exhausted !== null) {
      this.#answer({ id, ...answer });
      return;
    }
    if (answer.counter && this.#over.signal.aborted) answer.counter.giveBack();
    else if (answer.counter) this.#inside.set(id, answer.counter);
    this.#answer({ id, exhausted: null, counted: answer.counter !== null });
  }

  #answer(answer: ThreadAnswer): void {
    this.#answers.push(answer);
    if (this.#answers.length > 1) return;
    setImmediate(() => {
      this.#port.postMessage(this.#answers);
      this.#answers = [];
    });
  }

  #end(): void {
    this.#over.abort();
    for (const counter of this.#inside.values()) counter.giveBack();
    this.#inside.clear();
  }
}
