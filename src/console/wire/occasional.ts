/** An answer that is asked for whenever there may be another one, and not more often than once a second. */
import { WireError } from "./jmap.ts";

const interval = 1_000;

interface Occasion<Value> {
  ask(): Promise<Value>;
  got(value: Value): void;
  /** Nobody is logged in any more. */
  loggedOut(): void;
}

export class Occasional<Value> {
  readonly #occasion: Occasion<Value>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** An answer is awaited, or has only just come. */
  #isResting = false;
  #isDue = false;
  #isOver = false;

  constructor(occasion: Occasion<Value>) {
    this.#occasion = occasion;
  }

  /** There may be another answer. */
  due(): void {
    this.#isDue = true;
    if (!this.#isResting && !this.#isOver) void this.#ask();
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    this.#isDue = false;
    this.#isResting = true;
    try {
      const value = await this.#occasion.ask();
      if (!this.#isOver) this.#occasion.got(value);
    } catch (error) {
      // Whether the server answers at all is seen by what it sends.
      if (!this.#isOver && error instanceof WireError && error.problem === "unauthorized") this.#occasion.loggedOut();
    }
    this.#timer = setTimeout(() => {
      this.#isResting = false;
      if (this.#isDue) this.due();
    }, interval);
  }
}
