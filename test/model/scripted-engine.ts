/** An engine that answers when a test lets it, in place of Redis. */
import type { Engine, EngineOptions, OpenEngine, ScriptCall } from "../../src/runtime/fleet/engine.ts";
import type { FleetNote, SettleAnswer, SettleRequest } from "../../src/runtime/fleet/settle-script.ts";

interface HowAnswered {
  readonly held: boolean;
  /** The fleet has more clients than its cap: nothing is given, and the other nodes have all of it. */
  readonly over?: boolean;
}

interface Question {
  answer(how: HowAnswered): void;
  fail(error: Error): void;
}

export class ScriptedEngine implements Engine {
  /** What it has been asked last, and has not answered. */
  question: Question | null = null;
  /** Answers at once from here on. */
  isQuick = false;
  /** Requests that it has carried out. */
  readonly carriedOut: SettleRequest[] = [];
  /** It has said last that the fleet has more clients than its cap. */
  isOver = false;
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
    return this.#ask(signal, ({ held, over = false }) => {
      this.carriedOut.push(request);
      this.isOver = over;
      const slots = request.slots.map(({ cap, want }) =>
        over ? { granted: 0, others: cap } : { granted: want, others: 0 },
      );
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
    return slots ? slots.keep + (this.isOver ? 0 : slots.want) : 0;
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

  #ask<Answer>(signal: AbortSignal, answerOf: (how: HowAnswered) => Answer): Promise<Answer> {
    if (this.isQuick) return Promise.resolve(answerOf({ held: true }));
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const question = {
      answer: (how: HowAnswered) => resolve(answerOf(how)),
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
