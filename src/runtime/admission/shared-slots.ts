import { noLimit, type SharedCounters } from "../shared/shared-counters.ts";
import { type SlotCounter, type SlotObserver, SlotObservers } from "./slots.ts";

/** Slots that all threads take from: however they interleave, no more are taken than there are. */
export class SharedSlots implements SlotCounter {
  /** Its number among the shared ones. */
  readonly number: number;
  readonly #counters: SharedCounters;
  readonly #observers = new SlotObservers();
  #following = false;
  /** Somebody has found it full since the last notification, and waits for another one: it may be free again by then. */
  #wasFull = false;

  constructor(counters: SharedCounters, number: number) {
    this.#counters = counters;
    this.number = number;
  }

  get limit(): number {
    const limit = this.#counters.limit(this.number);
    return limit === noLimit ? Number.POSITIVE_INFINITY : limit;
  }

  /** A thread that is told of the same document later sets the same. */
  set limit(limit: number) {
    this.#counters.setLimit(this.number, Math.min(limit, noLimit));
    this.settle();
  }

  get taken(): number {
    return this.#counters.taken(this.number);
  }

  get everywhere(): number {
    return this.taken;
  }

  ask(): boolean {
    return false;
  }

  get full(): boolean {
    const isFull = this.#counters.left(this.number) <= 0;
    if (isFull) this.#wasFull = true;
    return isFull;
  }

  tryTake(): boolean {
    const isTaken = this.#counters.tryTake(this.number);
    if (!isTaken) this.#wasFull = true;
    return isTaken;
  }

  giveBack(): void {
    this.#counters.giveBack(this.number);
  }

  observe(observer: SlotObserver): () => void {
    const end = this.#observers.add(observer);
    this.settle();
    void this.#follow();
    return end;
  }

  settle(): void {
    if (this.#observers.size === 0) return;
    if (this.#wasFull) {
      this.#wasFull = false;
      this.#observers.settle(true);
    }
    this.#observers.settle(this.full);
  }

  /** Resolves as soon as no slot is taken. */
  async emptied(): Promise<void> {
    for (;;) {
      const version = this.#counters.version(this.number);
      if (this.taken === 0) return;
      await this.#counters.changed(this.number, version);
    }
  }

  /** What other threads take and give back is heard of for as long as somebody observes it. */
  async #follow(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    while (this.#observers.size > 0) {
      const version = this.#counters.version(this.number);
      this.settle();
      await this.#counters.changed(this.number, version);
    }
    this.#following = false;
  }
}
