import { SimulatedClock } from "xstate";
import type { SourceClock } from "../../../src/config/sources/clock.ts";

/** Settling takes this long in simulated time, and polling far longer than any test goes on. */
export const SETTLE = 200;
export const NO_POLL = 1_000_000;

/** Time that stands still, and tells when the wait for files to settle begins again. */
export class SettlingClock implements SourceClock {
  readonly #time = new SimulatedClock();
  #waits = 0;
  #onWait = (): void => undefined;
  readonly #pending = new Set<unknown>();

  setTimeout(callback: () => void, milliseconds: number): unknown {
    const id = this.#time.setTimeout(() => {
      this.#pending.delete(id);
      callback();
    }, milliseconds);
    this.#pending.add(id);
    if (milliseconds < NO_POLL) {
      this.#waits += 1;
      this.#onWait();
    }
    return id;
  }

  clearTimeout(id: unknown): void {
    this.#pending.delete(id);
    if (typeof id === "number" || typeof id === "string") this.#time.clearTimeout(Number(id));
  }

  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** How often a wait began. */
  get waits(): number {
    return this.#waits;
  }

  /** Does something that is noticed, and resolves when it was. What is under way is finished before. */
  async noticed(change: () => void): Promise<void> {
    await filesIdle();
    const before = this.#waits;
    change();
    while (this.#waits === before) {
      await new Promise<void>((resolve) => {
        this.#onWait = resolve;
      });
    }
  }

  /** Lets time go by, in which reading takes none. */
  async pass(milliseconds: number): Promise<void> {
    // In small steps: a timer that is set while time goes by counts from then on.
    for (let step = 0; step < milliseconds; step += 10) {
      await filesIdle();
      this.#time.increment(10);
    }
    await filesIdle();
  }
}

/** Resolves when no call for a file is under way in this process, nor follows at once from one that was. */
export async function filesIdle(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().some((kind) => kind === "FSReqPromise" || kind === "CloseReq"));
}
