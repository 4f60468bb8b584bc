import type { SharedCounters } from "../shared/shared-counters.ts";
import type { SharedLeases, ToldOfCounter } from "../shared/shared-leases.ts";
import { SharedSlots } from "./shared-slots.ts";
import type { SlotObserver } from "./slots.ts";

/** Who leases them from the fleet, in the main thread. */
export interface SlotsOwner {
  /** The cap of the document. */
  setLimit(cap: number): void;
  /** They are nobody's any more. */
  end(): void;
}

/**
 * Slots that all threads take from, of which a node of a fleet has leased a part: the rest is set aside. The main thread
 * leases, and every thread takes what is there by the same exact count.
 */
export class LeasedSharedSlots extends SharedSlots {
  readonly #counters: SharedCounters;
  readonly #leases: SharedLeases;
  /** Null in the threads of workers. */
  owner: SlotsOwner | null = null;
  #observers = 0;

  constructor(counters: SharedCounters, number: number, leases: SharedLeases) {
    super(counters, number);
    this.#counters = counters;
    this.#leases = leases;
  }

  override get limit(): number {
    return super.limit;
  }

  /** Only the main thread sets it, together with what is set aside. */
  override set limit(cap: number) {
    this.owner?.setLimit(cap);
  }

  override get everywhere(): number {
    return this.taken + this.#leases.othersOf(this.number);
  }

  override get full(): boolean {
    const isFull = super.full;
    return isFull || this.#leases.admits === "asking";
  }

  override tryTake(): boolean {
    if (this.#leases.admits === "asking" || !super.tryTake()) return false;
    if (this.#leases.isLow(this.number, this.#counters.left(this.number))) this.#leases.wish();
    return true;
  }

  override giveBack(): void {
    super.giveBack();
    if (this.#leases.isOwed(this.number)) this.#leases.wish();
  }

  override ask(): boolean {
    return this.#leases.ask(this.number);
  }

  override observe(observer: SlotObserver): () => void {
    const end = super.observe(observer);
    this.#observers += 1;
    return () => {
      this.#observers -= 1;
      end();
    };
  }

  /** A listener of this thread holds its clients while there is none. */
  get isObserved(): boolean {
    return this.#observers > 0;
  }

  /** Clients that have found none left, since the last look. */
  takeWaiting(): number {
    return this.#leases.takeWaiting(this.number);
  }

  /** From here on so many of the cap may be taken, and no more. */
  allow(count: number, cap: number): void {
    const { number } = this;
    // In between there is less to be had, not more.
    if (cap > super.limit) {
      this.#counters.setAside(number, cap - count);
      super.limit = cap;
    } else {
      super.limit = cap;
      this.#counters.setAside(number, cap - count);
    }
  }

  tell(told: ToldOfCounter): void {
    this.#leases.tellOf(this.number, told);
  }

  /** Whoever waits looks again: it may be another state that keeps them out, or lets them in. */
  wake(): void {
    this.#counters.wake(this.number);
  }
}
