/** The running server for those who watch it: what has changed, once a second. While nobody watches, nothing is computed. */
import type { ChartFlows } from "../../runtime/observe/chart-flows.ts";
import type { Clock } from "../../runtime/time/clock.ts";
import type { Management } from "../management.ts";
import { every } from "./interval.ts";
import { liveState } from "./live-state.ts";
import { type JsonTree, mergePatch } from "./merge-patch.ts";

/** Milliseconds between two frames. */
const interval = 1_000;

/** One frame as JSON: the whole state (`{"whole": …}`), or a merge patch of the one before (`{"patch": …}`, RFC 7396). */
export type LiveFrame = string;

export interface LiveWatcher {
  /** Whether it can take a frame now. One that could not gets a whole one next. */
  readonly ready: boolean;
  take(frame: LiveFrame): void;
}

export interface LiveFeedOptions {
  readonly management: Pick<Management, "valuesOf">;
  readonly flows: ChartFlows;
  readonly clock: Clock;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  /** By watcher: whether it has got every frame. */
  readonly #watchers = new Map<LiveWatcher, boolean>();
  #stop = (): void => {};
  #last: JsonTree = {};

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /** The first frame comes at once. @returns what ends it. */
  watch(watcher: LiveWatcher): () => void {
    if (this.#watchers.size === 0) this.#begin();
    this.#watchers.set(watcher, false);
    this.#show([watcher]);
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#stop();
    };
  }

  #begin(): void {
    const { flows, clock } = this.#options;
    const ends = [flows.count(), every(clock, interval, () => this.#next())];
    this.#last = this.#state();
    this.#stop = () => {
      for (const end of ends) end();
    };
  }

  #next(): void {
    const state = this.#state();
    const patch = mergePatch(this.#last, state);
    this.#last = state;
    const late: LiveWatcher[] = [];
    const changes = patch && JSON.stringify({ patch });
    for (const [watcher, isCurrent] of this.#watchers) {
      if (!isCurrent) late.push(watcher);
      else if (changes !== null) this.#give(watcher, changes);
    }
    this.#show(late);
  }

  #show(watchers: readonly LiveWatcher[]): void {
    if (watchers.length === 0) return;
    const whole = JSON.stringify({ whole: this.#last });
    for (const watcher of watchers) this.#give(watcher, whole);
  }

  #give(watcher: LiveWatcher, frame: LiveFrame): void {
    const { ready } = watcher;
    this.#watchers.set(watcher, ready);
    if (ready) watcher.take(frame);
  }

  #state(): JsonTree {
    const { management, flows } = this.#options;
    return liveState({
      nodes: management.valuesOf("ServerNode"),
      listeners: management.valuesOf("ListenerStatus"),
      flows: flows.counts,
    });
  }
}
