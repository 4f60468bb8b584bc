/** Ends a connection that another node has: all are asked, and each says whether it had it. */
import { createHash, randomUUID } from "node:crypto";
import type { Clock } from "../time/clock.ts";
import type { EngineScript, ScriptCall } from "./engine.ts";

/** How long the nodes may take to answer, in milliseconds. */
const answerTime = 1_000;

/** On the fleet's channel. */
export type ClosingNote =
  | {
      readonly note: "close";
      readonly by: string;
      readonly question: string;
      readonly connection: string;
      readonly now: boolean;
    }
  | { readonly note: "closed"; readonly by: string; readonly question: string; readonly found: boolean };

const text = "return redis.call('PUBLISH', ARGV[1], ARGV[2])";
const sayScript: EngineScript = { text, digest: createHash("sha1").update(text).digest("hex") };

export interface FleetClosingOptions {
  readonly clock: Clock;
  readonly member: string;
  readonly channel: string;
  /** Processes of the fleet, as last heard. */
  members(): number;
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
  /** Ends one that this process has. @returns whether it has it */
  close(connection: string, options: { readonly now: boolean }): boolean;
}

export class FleetClosing {
  readonly #options: FleetClosingOptions;
  /** What this process has asked. */
  readonly #questions = new Map<string, (answer: { readonly found: boolean }) => void>();

  constructor(options: FleetClosingOptions) {
    this.#options = options;
  }

  /** @returns whether another node had it; false, too, where the engine does not answer */
  async ask(connection: string, { now }: { readonly now: boolean }): Promise<boolean> {
    const { clock, member, members } = this.#options;
    const question = randomUUID();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let missing = members() - 1;
    if (missing < 1) return false;
    this.#questions.set(question, ({ found }) => {
      missing -= 1;
      if (found || missing === 0) resolve(found);
    });
    const timer = clock.setTimeout(() => resolve(false), answerTime);
    this.#say({ note: "close", by: member, question, connection, now }).catch(() => resolve(false));
    try {
      return await promise;
    } finally {
      clock.clearTimeout(timer);
      this.#questions.delete(question);
    }
  }

  hear(note: ClosingNote): void {
    const { close, member: by } = this.#options;
    if (note.by === by) return;
    const { question } = note;
    if (note.note === "closed") this.#questions.get(question)?.(note);
    else {
      const found = close(note.connection, { now: note.now });
      this.#say({ note: "closed", by, question, found }).catch(() => {});
    }
  }

  async #say(note: ClosingNote): Promise<void> {
    const { channel, run } = this.#options;
    await run(sayScript, { keys: [], args: [channel, JSON.stringify(note)] }, AbortSignal.timeout(answerTime));
  }
}
