/** Live (not garbage) memory in V8's old generation. */
import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { resourceLimits } from "node:worker_threads";
import type { Clock } from "../time/clock.ts";
import type { ResourceUse } from "./pressure.ts";

/** For how long a collection's figure counts as current, in milliseconds. */
const validity = 10_000;

const mebibyte = 2 ** 20;

/**
 * Between collections a heap is full of garbage, so only what a major collection left counts. Close to the limit V8
 * collects again and again; if it has not done so lately it is not short of memory, whatever the last figure was.
 */
export class LiveHeap {
  readonly #clock: Clock;
  readonly #observer: PerformanceObserver;
  readonly #limit = oldGenerationLimit();
  #live: { readonly used: number; readonly at: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#observer = new PerformanceObserver((list) => {
      if (list.getEntries().some(isMajor)) this.#live = { used: oldGenerationUsed(), at: clock.now() };
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** Bytes; null when there was no recent major collection. */
  use(): ResourceUse | null {
    if (!this.#live || this.#clock.now() - this.#live.at > validity) return null;
    return { used: this.#live.used, limit: this.#limit };
  }

  stop(): void {
    this.#observer.disconnect();
  }
}

/** @param entry of the type `gc`. */
function isMajor(entry: object): boolean {
  const detail: unknown = Reflect.get(entry, "detail");
  if (typeof detail !== "object" || detail === null) return false;
  return Reflect.get(detail, "kind") === constants.NODE_PERFORMANCE_GC_MAJOR;
}

function oldGenerationUsed(): number {
  let used = 0;
  for (const { space_name: name, space_used_size: size } of getHeapSpaceStatistics())
    if (!name.startsWith("new_")) used += size;
  return used;
}

/**
 * `--max-old-space-size`, or the worker's limit. V8 reports its limit only together with the young generation, which is
 * 3 parts in 128 of the old one unless either is set.
 */
function oldGenerationLimit(): number {
  const { maxOldGenerationSizeMb: ofWorker } = resourceLimits;
  if (ofWorker !== undefined) return ofWorker * mebibyte;
  const options = [process.env["NODE_OPTIONS"] ?? "", ...process.execArgv].join(" ");
  const [, given] = [...options.matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)].at(-1) ?? [];
  if (given !== undefined && Number(given) > 0) return Number(given) * mebibyte;
  return Math.round((getHeapStatistics().heap_size_limit * 128) / 131);
}
