/** The signals that end `gatehouse serve` or have it read its document again, also before there is a server to tell. */
import { readFileSync } from "node:fs";
import { StoppedWhileStartingError } from "../runtime/server/server-errors.ts";

/**
 * npm passes on what the terminal, or a service manager, has sent to its child as well: what comes so soon again is that.
 * Milliseconds.
 */
const forwardedWithin = 1_000;

/** How often it is looked whether npm still lives, in milliseconds. */
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

  /** Follows the signals of this process, for as long as it lives. */
  constructor() {
    this.#asked.promise.catch(() => {});
    process.on("SIGTERM", () => this.ask());
    process.on("SIGINT", () => this.ask());
    process.on("SIGHUP", () => {
      this.#hangups += 1;
      this.#onHangup?.();
    });
    // Set for all that npm starts, with whatever in between.
    if (process.env["npm_lifecycle_event"] !== undefined) this.#followParent();
  }

  /** Somebody wants the server to stop. */
  get asked(): boolean {
    return this.#received > 0;
  }

  /** The same promise, as long as nobody wants the server to stop. @throws StoppedWhileStartingError */
  unlessAsked<Result>(promise: Promise<Result>): Promise<Result> {
    return Promise.race([this.#asked.promise, promise]);
  }

  /** What the signals stop from here on: the first lets sessions finish, another one does not wait. */
  hand(stoppable: Stoppable): void {
    this.#stoppable = stoppable;
  }

  /** SIGHUP; one that has come already counts. @returns what ends it */
  onHangup(listener: () => void): () => void {
    this.#onHangup = listener;
    if (this.#hangups > 0) listener();
    return () => {
      this.#onHangup = null;
    };
  }

  /** As a signal does. */
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

  /** npm, or a shell in between, may end without passing a signal on; nobody would be there to stop the server. */
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

/** By its title; where there is no /proc, nothing that it passes on is told from what comes by itself. */
function isNpm(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").startsWith("npm ");
  } catch {
    return false;
  }
}
