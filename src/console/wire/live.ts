/** Something that the server is asked for again and again, as long as somebody looks at it. */
import { messageOf, WireError } from "./jmap.ts";

/** Milliseconds between two answers, and the most between two tries while none comes. */
const interval = 1_000;
const longestWait = 15_000;

export type Liveness =
  | { readonly kind: "live" }
  /** No answer comes. */
  | { readonly kind: "lost"; readonly reason: string; readonly nextTryAt: number };

interface Watch<Value> {
  ask(): Promise<Value>;
  got(value: Value): void;
  /** Told when it changes. */
  liveness(now: Liveness): void;
  /** Nobody is logged in any more. */
  loggedOut(): void;
}

/** A page that is not in sight asks nothing. One answer is waited for before the next is asked for. */
export class LiveQuery<Value> {
  readonly #watch: Watch<Value>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #running = false;
  #asking = false;
  readonly #seen = (): void => {
    if (!document.hidden) void this.#ask();
  };

  constructor(watch: Watch<Value>) {
    this.#watch = watch;
  }

  start(): void {
    this.#running = true;
    document.addEventListener("visibilitychange", this.#seen);
    addEventListener("online", this.#seen);
    void this.#ask();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
    removeEventListener("online", this.#seen);
  }

  /** Does not wait for the next turn: something has just been changed, or somebody is impatient. */
  now(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    if (!this.#running || this.#asking) return;
    clearTimeout(this.#timer);
    this.#asking = true;
    try {
      const value = await this.#watch.ask();
      if (!this.#running) return;
      if (this.#failures > 0) this.#watch.liveness({ kind: "live" });
      this.#failures = 0;
      this.#watch.got(value);
      this.#again(interval);
    } catch (error) {
      if (this.#running) this.#failed(error);
    } finally {
      this.#asking = false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof WireError && error.problem === "unauthorized") {
      this.stop();
      this.#watch.loggedOut();
      return;
    }
    this.#failures += 1;
    const wait = Math.min(interval * 2 ** (this.#failures - 1), longestWait);
    this.#watch.liveness({ kind: "lost", reason: messageOf(error), nextTryAt: Date.now() + wait });
    this.#again(wait);
  }

  #again(wait: number): void {
    this.#timer = setTimeout(() => {
      if (!document.hidden) void this.#ask();
    }, wait);
  }
}
