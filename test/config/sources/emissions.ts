import type { Observable, Subscription } from "rxjs";

/** What an Observable emits, one after the other. */
export class Emissions<T> {
  readonly all: T[] = [];
  readonly subscription: Subscription;
  /** Undefined while it goes on. */
  end: "completed" | "failed" | undefined;
  #read = 0;
  #onEmission = (): void => undefined;

  constructor(values: Observable<T>) {
    this.subscription = values.subscribe({
      next: (value) => {
        this.all.push(value);
        this.#onEmission();
      },
      error: () => {
        this.end = "failed";
      },
      complete: () => {
        this.end = "completed";
      },
    });
  }

  /** The next one that was not asked for yet. */
  async next(): Promise<T> {
    for (;;) {
      const [value] = this.all.slice(this.#read, this.#read + 1);
      if (value !== undefined) {
        this.#read += 1;
        return value;
      }
      await new Promise<void>((resolve) => {
        this.#onEmission = resolve;
      });
    }
  }

  /** The first of those to come that is as wanted. */
  async until(isWanted: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await this.next();
      if (isWanted(value)) return value;
    }
  }
}
