/** The signals that end `gatehouse serve` or make it read its document again, even before there is a server. */
import { readFileSync } from "node:fs";
import { StoppedWhileStartingError } from "../runtime/server/server-errors.ts";
import { predecessorVariable } from "../runtime/upgrade/messages.ts";

/**
 * npm also passes on what the terminal or a service manager has already sent to its child: a repetition within this
 * time is that one. Milliseconds.
 */
const forwardedWithin = 1_000;

/** How often to check whether npm is still alive, in milliseconds. */
const parentInterval = 500;

interface Stoppable {
  stop(options: { readonly wait: boolean }): void;
}

export class StopSignals {
  #received = 0;
  #lastReceived = Number.NEGATIVE_INFINITY;
  readonly #isNpmsChild = isNpm(process.ppid);
  readonly #asked = Promise.withResolvers<never>();
  #stoppable: Stoppable | null = null;
  #hangups = 0;
  #onHangup: (() => void) | null = null;

  /** Handles the signals of this process, for as long as it lives. */
  constructor() {
    this.#asked.promise.catch(() => {});
    process.on("SIGTERM", () => this.ask());
    process.on("SIGINT", () => this.ask());
    process.on("SIGHUP", () => {
      this.#hangups += 1;
      this.#onHangup?.();
    });
    // Set for everything that npm starts, even indirectly. A successor's parent is to end.
    if (process.env["npm_lifecycle_event"] !== undefined && process.env[predecessorVariable] === undefined)
      this.#followParent();
  }

  /** Whether a stop was requested. */
  get asked(): boolean {
    return this.#received > 0;
  }

  /** The same promise, unless a stop is requested first. @throws StoppedWhileStartingError */
  unlessAsked<Result>(promise: Promise<Result>): Promise<Result> {
    return Promise.race([this.#asked.promise, promise]);
  }

  /** Sets what the signals stop: the first lets sessions finish, another one does not wait. */
  hand(stoppable: Stoppable): void {
    this.#stoppable = stoppable;
  }

  /** SIGHUP; an earlier one counts. @returns a function that ends it */
  onHangup(listener: () => void): () => void {
    this.#onHangup = listener;
    if (this.#hangups > 0) listener();
    return () => {
      this.#onHangup = null;
    };
  }

  /** Requests a stop, like a signal. */
  ask(): void {
    const now = performance.now();
    const isForwarded = this.#isNpmsChild && now - this.#lastReceived < forwardedWithin;
    this.#lastReceived = now;
    if (isForwarded) return;
    const wait = this.#received === 0;
    this.#received += 1;
    this.#asked.reject(new StoppedWhileStartingError());
    this.#stoppable?.stop({ wait });
  }

  /** npm, or a shell in between, may end without passing a signal on; then nobody could stop the server. */
  #followParent(): void {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      this.ask();
    }, parentInterval);
    timer.unref();
  }
}

/** By its title; without /proc, what npm passes on cannot be distinguished from other signals. */
function isNpm(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").startsWith("npm ");
  } catch {
    return false;
  }
}
