import { SimulatedClock } from "xstate";

/** Knows the delays of the timers that run, oldest first. */
export class WatchedClock extends SimulatedClock {
  readonly #running = new Map<number, number>();

  get running(): number[] {
    return [...this.#running.values()];
  }

  override setTimeout(callback: () => void, milliseconds: number): number {
    const id = super.setTimeout(() => {
      this.#running.delete(id);
      callback();
    }, milliseconds);
    this.#running.set(id, milliseconds);
    return id;
  }

  override clearTimeout(id: number): void {
    this.#running.delete(id);
    super.clearTimeout(id);
  }
}
