/** An engine that answers when a test lets it, in place of Redis. */
import type { Engine, EngineOptions, OpenEngine, ScriptCall } from "../../src/runtime/fleet/engine.ts";
import type { FleetNote, SettleAnswer, SettleRequest } from "../../src/runtime/fleet/settle-script.ts";

interface Question {
  answer(how: { readonly held: boolean }): void;
  fail(error: Error): void;
}

export class ScriptedEngine implements Engine {
  /** What it has been asked last, and has not answered. */
  question: Question | null = null;
  /** Answers at once from here on. */
  isQuick = false;
  /** Requests that it has carried out. */
  readonly carriedOut: SettleRequest[] = [];
  #options: EngineOptions | null = null;

  readonly open: OpenEngine = async (options) => {
    this.#options = options;
    return this;
  };

  reach(signal: AbortSignal): Promise<void> {
    return this.#ask(signal, () => undefined);
  }

  run(_: unknown, { args }: ScriptCall, signal: AbortSignal): Promise<unknown> {
    const request = JSON.parse(args[1] ?? "") as SettleRequest;
    return this.#ask(signal, ({ held }) => {
      this.carriedOut.push(request);
      const slots = request.slots.map(({ want }) => ({ granted: want, others: 0 }));
      const { member, node, facts } = request;
      const members = [{ member, node, age: 0, facts }];
      const answer: SettleAnswer = held
        ? { held, members, closedFor: 0, shared: { version: 0, epoch: null }, document: "", slots }
        : { held };
      return JSON.stringify(answer);
    });
  }

  close(): void {}

  /** How many slots of the server are the node's, by the engine's account. */
  get account(): number {
    const slots = this.carriedOut.at(-1)?.slots.find(({ name }) => name === "server");
    return slots ? slots.keep + slots.want : 0;
  }

  /** The connection ends. */
  lose(): void {
    this.#options?.listener.lost(new Error("The connection has ended."));
  }

  /** Another node lacks a slot of the server. */
  speak(): void {
    const note: FleetNote = { note: "wanted", slots: "server", missing: 1, over: false, by: "b" };
    this.#options?.listener.heard(JSON.stringify(note));
  }

  #ask<Answer>(signal: AbortSignal, answerOf: (how: { readonly held: boolean }) => Answer): Promise<Answer> {
    if (this.isQuick) return Promise.resolve(answerOf({ held: true }));
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const question = {
      answer: (how: { readonly held: boolean }) => resolve(answerOf(how)),
      fail: reject,
    };
    this.question = question;
    signal.addEventListener("abort", () => {
      if (this.question === question) this.question = null;
      reject(signal.reason);
    });
    return promise;
  }
}
