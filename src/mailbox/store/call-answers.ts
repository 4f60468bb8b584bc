import { fromFailure } from "./failure.ts";
import type { CallName, Calls, Response } from "./store-calls.ts";
import { StoreError } from "./store-error.ts";

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: Error) => void;
}

type Answer = Extract<Response, { readonly number: number }>;

/** The calls to one of the store's threads that have no answer yet. */
export class CallAnswers {
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;

  /** How many there are. */
  get size(): number {
    return this.#waiting.size;
  }

  /** @param send sends the call, by its number */
  expect<Name extends CallName>(send: (number: number) => void): Promise<Calls[Name]["reply"]> {
    return new Promise((resolve, reject) => {
      this.#number += 1;
      this.#waiting.set(this.#number, { resolve, reject });
      send(this.#number);
    });
  }

  /** @param before called when nothing waits for this answer any more, and before whoever waited goes on */
  take(answer: Answer, before: () => void): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    before();
    if ("failure" in answer) waiting?.reject(fromFailure(answer.failure));
    else waiting?.resolve(answer.reply as never);
  }

  /** The thread has ended. @returns how many calls failed by it */
  failAll(cause: Error): number {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    const text = `The mail store's thread ended (${cause.message}); the next call starts another.`;
    for (const { reject } of all) reject(new StoreError("store-failed", text, { cause }));
    return all.length;
  }
}
