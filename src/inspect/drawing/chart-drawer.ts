/** Draws charts by their definitions, one after the other, in a thread. */
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { startThread } from "../../config/document/start-thread.ts";
import type { Drawing } from "./chart-thread.ts";
import { ownDrawing } from "./own-drawings.ts";

/** Characters. */
export const longestDefinition = 262_144;
/** Milliseconds that a drawing may take, and that the thread waits for the next one. */
const longestDrawing = 10_000;
const longestIdle = 30_000;
/** Drawings that are kept, and that may wait for their turn. */
const mostKept = 64;
const mostWaiting = 32;

export class ChartDrawer {
  readonly #kept = new Map<string, Promise<Drawing>>();
  #thread: Worker | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  draw(definition: string): Promise<Drawing> {
    const kept = this.#kept.get(definition);
    if (kept) return kept;
    if (this.#waiting >= mostWaiting)
      return Promise.resolve({ reason: "Too many charts wait to be drawn. Choose the actor again in a moment." });
    const drawing = this.#inTurn(definition);
    this.#kept.set(definition, drawing);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
    return drawing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#endThread();
  }

  async #inTurn(definition: string): Promise<Drawing> {
    this.#waiting += 1;
    const turn = this.#turn.then(async () => (await ownDrawing(definition)) ?? this.#draw(definition));
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #draw(definition: string): Promise<Drawing> {
    if (this.#closed) return { reason: "The inspector has ended." };
    clearTimeout(this.#idle);
    const thread = this.#thread ?? startThread("./chart-thread", import.meta.url, null);
    this.#thread = thread;
    // It need not be waited for when all else has ended.
    thread.unref();
    thread.postMessage(definition);
    const signal = AbortSignal.timeout(longestDrawing);
    try {
      const [drawing] = (await Promise.race([once(thread, "message", { signal }), endOf(thread)])) as [Drawing];
      this.#idle = setTimeout(() => void this.#endThread(), longestIdle).unref();
      return drawing;
    } catch (error) {
      await this.#endThread();
      if (signal.aborted)
        return { reason: `It is too large: drawing it takes more than ${longestDrawing / 1_000} seconds.` };
      return { reason: `The chart cannot be drawn: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }
}

async function endOf(thread: Worker): Promise<never> {
  await once(thread, "exit");
  throw new Error("its thread has ended");
}
