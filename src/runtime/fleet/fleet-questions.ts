/** What one node has to do at the request of another: all are asked, and each says whether it was the one. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../time/clock.ts";
import { within } from "../time/waits.ts";
import type { EngineScript, ScriptCall } from "./engine.ts";
import { sayScript } from "./engine-scripts.ts";

/** How long the nodes may take to answer, in milliseconds. */
const answerTime = 1_000;

/** To be done by whoever it concerns. */
export type FleetRequest =
  /** End a connection. */
  | { readonly kind: "close"; readonly connection: string; readonly now: boolean }
  /** Leave the fleet, and end when the last session has. */
  | { readonly kind: "drain"; readonly node: string }
  /** Say when this proof is shown. */
  | { readonly kind: "show"; readonly proof: string };

/** On the fleet's channel. */
export type QuestionNote =
  | { readonly note: "asked"; readonly by: string; readonly question: string; readonly request: FleetRequest }
  | { readonly note: "answered"; readonly by: string; readonly question: string; readonly done: boolean };

export interface FleetQuestionsOptions {
  readonly clock: Clock;
  readonly member: string;
  readonly channel: string;
  /** Processes of the fleet, as last heard. */
  members(): number;
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
  /** @returns whether it concerns this process, which does it then */
  carryOut(request: FleetRequest, by: string): boolean | Promise<boolean>;
}

export class FleetQuestions {
  readonly #options: FleetQuestionsOptions;
  /** What this process has asked. */
  readonly #questions = new Map<string, (answer: { readonly done: boolean }) => void>();

  constructor(options: FleetQuestionsOptions) {
    this.#options = options;
  }

  /** @returns whether another node has done it; false, too, where the engine does not answer */
  async ask(request: FleetRequest): Promise<boolean> {
    return this.#ask(request, { first: true });
  }

  /** Resolves when every other node has answered, or has had the time to. */
  async askAll(request: FleetRequest): Promise<void> {
    await this.#ask(request, { first: false });
  }

  async #ask(request: FleetRequest, { first }: { readonly first: boolean }): Promise<boolean> {
    const { clock, member, members } = this.#options;
    const question = randomUUID();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let missing = members() - 1;
    if (missing < 1) return false;
    this.#questions.set(question, ({ done }) => {
      missing -= 1;
      if ((done && first) || missing === 0) resolve(done);
    });
    const timer = clock.setTimeout(() => resolve(false), answerTime);
    this.#say({ note: "asked", by: member, question, request }).catch(() => resolve(false));
    try {
      return await promise;
    } finally {
      clock.clearTimeout(timer);
      this.#questions.delete(question);
    }
  }

  hear(note: QuestionNote): void {
    const { carryOut, member: by } = this.#options;
    if (note.by === by) return;
    const { question } = note;
    if (note.note === "answered") this.#questions.get(question)?.(note);
    else {
      Promise.resolve(carryOut(note.request, note.by))
        .then((done) => this.#say({ note: "answered", by, question, done }))
        .catch(() => {});
    }
  }

  async #say(note: QuestionNote): Promise<void> {
    const { channel, clock, run } = this.#options;
    const call = { keys: [], args: [channel, JSON.stringify(note)] };
    await within(clock, answerTime, (signal) => run(sayScript, call, signal));
  }
}
