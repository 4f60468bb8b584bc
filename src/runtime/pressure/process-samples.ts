/** Samples of this process: delays of its event loop, its heap, its file descriptors. */
import { readdirSync, statSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Observable } from "rxjs";
import { descriptorLimit } from "../sockets/descriptor-reserve.ts";
import type { Clock } from "../time/clock.ts";
import { LiveHeap } from "./live-heap.ts";
import type { PressureSample, ResourceUse } from "./pressure.ts";

/** How often a sample is taken, in milliseconds. A busy loop takes them late, and so fewer. */
export const sampleInterval = 500;

/** How often the event loop is checked, in milliseconds; shorter delays may go unnoticed. */
const resolution = 50;

/** Measures only while there is a subscriber, and does not keep the process alive. */
export function processSamples(clock: Clock): Observable<PressureSample> {
  return new Observable((subscriber) => {
    const delays = new LoopDelays();
    const heap = new LiveHeap(clock);
    const limit = descriptorLimit();
    const wait = (): unknown => {
      const waiting = clock.setTimeout(take, sampleInterval);
      unref(waiting);
      return waiting;
    };
    const take = (): void => {
      timer = wait();
      subscriber.next({ eventLoopDelay: delays.take(), heap: heap.use(), descriptors: descriptorUse(limit) });
    };
    let timer = wait();
    return () => {
      clock.clearTimeout(timer);
      delays.stop();
      heap.stop();
    };
  });
}

/**
 * The longest delay within the last two samples. Node does not record the interval in which a reset falls, and that may
 * be the very one in which the loop was blocked: so two histograms take turns.
 */
class LoopDelays {
  #older = startedHistogram();
  #newer = startedHistogram();

  /** Milliseconds. */
  take(): number {
    const longest = this.#older.max / 1e6;
    this.#older.reset();
    [this.#older, this.#newer] = [this.#newer, this.#older];
    return Math.max(0, longest - resolution);
  }

  stop(): void {
    this.#older.disable();
    this.#newer.disable();
  }
}

function startedHistogram(): ReturnType<typeof monitorEventLoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return histogram;
}

/** proc_pid_fd(5). Since Linux 6.2 the size of the folder is the number of descriptors; before, it is 0. */
function descriptorUse(limit: number): ResourceUse | null {
  try {
    const { size } = statSync("/proc/self/fd");
    // Reading the folder takes one descriptor.
    return { used: size > 0 ? size : readdirSync("/proc/self/fd").length - 1, limit };
  } catch {
    return null;
  }
}

/** Timers of clocks other than the system's have none. */
function unref(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}
