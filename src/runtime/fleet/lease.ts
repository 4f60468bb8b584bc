import type { Clock } from "../time/clock.ts";

/** How much of the lease a node does not use, for clocks that do not go alike. */
const margin = 0.1;

/** A node's lease by its own clock, which ends before the engine's does: it begins when the request is sent. */
export class Lease {
  readonly #clock: Clock;
  readonly #time: number;
  #end = Number.NEGATIVE_INFINITY;

  /** @param time milliseconds */
  constructor(clock: Clock, time: number) {
    this.#clock = clock;
    this.#time = time;
  }

  get holds(): boolean {
    return this.#clock.now() < this.#end;
  }

  /** By the clock, in milliseconds. */
  get over(): number {
    return this.#end;
  }

  /** Milliseconds. */
  get left(): number {
    return Math.max(0, this.#end - this.#clock.now());
  }

  /** @param sent when the request was sent that the engine has carried out */
  begin(sent: number): void {
    this.#end = Math.max(this.#end, sent + this.#time * (1 - margin));
  }

  end(): void {
    this.#end = Number.NEGATIVE_INFINITY;
  }
}
