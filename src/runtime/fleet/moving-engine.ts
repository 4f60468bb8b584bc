/**
 * An engine that may move: it is looked for whenever the connection to it ends, when it says itself that it is not the one
 * to be asked any more, and from time to time, since one that is cut off from the others does not know that another has
 * taken its place.
 */
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../config/values/thrown.ts";
import type { Engine, EngineScript, ScriptCall } from "./engine.ts";

/** Between two searches, in milliseconds. */
const searchPause = 300;

/** An engine at one address, which connects there again and again. */
export interface PlacedEngine extends Engine {
  readonly isReady: boolean;
}

export interface MovingEngineOptions<Place> {
  /** @throws FleetError when nobody knows. */
  find(signal: AbortSignal): Promise<Place>;
  isSame(one: Place, other: Place): boolean;
  openAt(place: Place, lost: (error: unknown) => void): PlacedEngine;
  /** How often it is looked for, whatever happens, in milliseconds; null: never. */
  readonly lookEvery: number | null;
  lost(error: unknown): void;
}

export class MovingEngine<Place> implements Engine {
  readonly #options: MovingEngineOptions<Place>;
  readonly #closing = new AbortController();
  #current: { readonly engine: PlacedEngine; readonly place: Place } | null = null;
  #first = Promise.withResolvers<void>();
  #searching: Promise<void> | null = null;

  constructor(options: MovingEngineOptions<Place>) {
    this.#options = options;
    this.#search();
    if (options.lookEvery !== null) void this.#lookAgain(options.lookEvery);
  }

  async reach(signal: AbortSignal): Promise<void> {
    await (await this.#engine(signal)).reach(signal);
  }

  async run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    const engine = await this.#engine(signal);
    try {
      return await engine.run(script, call, signal);
    } catch (error) {
      if (isElsewhere(error)) this.#search({ moved: true });
      throw error;
    }
  }

  close(): void {
    this.#closing.abort();
    this.#current?.engine.close();
  }

  async #engine(signal: AbortSignal): Promise<PlacedEngine> {
    if (!this.#current) {
      const { promise: given, reject } = Promise.withResolvers<never>();
      const givesUp = (): void => reject(signal.reason);
      signal.addEventListener("abort", givesUp, { once: true });
      try {
        await Promise.race([this.#first.promise, given]);
      } finally {
        signal.removeEventListener("abort", givesUp);
      }
    }
    if (!this.#current) throw new Error("The engine was closed.");
    return this.#current.engine;
  }

  /** @param moved the server that answers is not the one to be asked any more */
  #search({ moved = false } = {}): void {
    this.#searching ??= this.#follow(moved).finally(() => {
      this.#searching = null;
    });
  }

  /** Who cannot be asked says nothing about where it is. */
  async #lookAgain(interval: number): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await pause(interval, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      if (this.#searching) continue;
      const found = await this.#options.find(signal).catch(() => null);
      if (found && !this.#searching) this.#use(found);
    }
  }

  /** Until there is one that answers. */
  async #follow(moved: boolean): Promise<void> {
    const { signal } = this.#closing;
    let isPassed = !moved;
    while (!signal.aborted) {
      try {
        const isNew = this.#use(await this.#options.find(signal));
        isPassed ||= isNew;
      } catch (error) {
        if (!signal.aborted) this.#options.lost(error);
      }
      await pause(searchPause, undefined, { signal, ref: false }).catch(() => {});
      if (isPassed && this.#current?.engine.isReady) return;
    }
  }

  /** @returns whether it is another one */
  #use(place: Place): boolean {
    const former = this.#current;
    if (this.#closing.signal.aborted || (former && this.#options.isSame(former.place, place))) return false;
    const engine = this.#options.openAt(place, (error) => {
      if (this.#current?.engine !== engine) return;
      this.#options.lost(error);
      this.#search();
    });
    this.#current = { engine, place };
    former?.engine.close();
    this.#first.resolve();
    return true;
  }
}

/** By the words of Redis: a replica since a failover, or a slot that is another server's. */
function isElsewhere(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return /^(READONLY|MOVED|ASK|CLUSTERDOWN|MASTERDOWN|UNBLOCKED) /.test(messageOf(cause));
}
