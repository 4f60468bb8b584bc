import type { MessagePort } from "node:worker_threads";
import { fromFailure } from "../store/failure.ts";
import type { LentAnswer, LentCallName, LentCalls, LentRequest } from "./lent-messages.ts";

/** A thread's way to the one whose store and accounts it borrows. It does not keep the thread alive. */
export class Borrower {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, PromiseWithResolvers<never>>();
  #number = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (answer: LentAnswer) => this.#take(answer));
    port.unref();
  }

  /** @throws StoreError, or the other thread's error; the signal's reason as soon as it is aborted. */
  call<Name extends LentCallName>(
    call: Name,
    request: LentCalls[Name]["request"],
    signal?: AbortSignal,
  ): Promise<LentCalls[Name]["reply"]> {
    signal?.throwIfAborted();
    this.#number += 1;
    const number = this.#number;
    const waiting = Promise.withResolvers<never>();
    this.#waiting.set(number, waiting);
    this.#send({ number, call, request } as LentRequest);
    if (!signal) return waiting.promise;
    const aborted = (): void => {
      this.#waiting.delete(number);
      this.#send({ abort: number });
      waiting.reject(signal.reason);
    };
    signal.addEventListener("abort", aborted);
    return waiting.promise.finally(() => signal.removeEventListener("abort", aborted));
  }

  #take(answer: LentAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ("failure" in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.reply as never);
  }

  #send(request: LentRequest): void {
    this.#port.postMessage(request);
  }
}

function errorOf(failure: Extract<LentAnswer, { failure: unknown }>["failure"]): Error {
  if (failure.of !== "other") return fromFailure(failure);
  const error = new Error(failure.message);
  return failure.code === null ? error : Object.assign(error, { code: failure.code });
}
