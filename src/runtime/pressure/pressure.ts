/** Which resources of the process are exhausted, judged from samples with hysteresis. Pure: a fold over the samples. */
import { type PressureResource, pressureResources } from "./pressure-resource.ts";
import type { PressureThreshold, PressureThresholds } from "./thresholds.ts";

/** How much of something is in use. */
export interface ResourceUse {
  readonly used: number;
  /** Infinite where there is none. */
  readonly limit: number;
}

/** What was measured of the process at one moment. */
export interface PressureSample {
  /** By how much the event loop was late at most, lately; milliseconds. */
  readonly eventLoopDelay: number;
  /**
   * What the latest major collection has left in V8's old generation, and its limit (`--max-old-space-size`); bytes. Null
   * when there was none lately: then V8 is not short of memory.
   */
  readonly heap: ResourceUse | null;
  /** Open file descriptors and RLIMIT_NOFILE; null where they cannot be counted. */
  readonly descriptors: ResourceUse | null;
}

/** A resource that is exhausted. Milliseconds for `eventLoopDelay`, bytes for `heap`, a number for `descriptors`. */
export interface ExhaustedResource {
  readonly resource: PressureResource;
  /** The value from which on it counts as exhausted. */
  readonly limit: number;
  /** Its value in the latest sample; it may have fallen below `limit` and not yet low enough for the end. */
  readonly current: number;
}

/** The resources that are exhausted right now. */
export interface Pressure {
  /** Empty while there is no pressure. */
  readonly exhausted: readonly ExhaustedResource[];
  /** The latest sample; null before the first. */
  readonly sample: PressureSample | null;
}

export const noPressure: Pressure = Object.freeze({ exhausted: Object.freeze([]), sample: null });

/** What the next sample is judged by. */
export interface PressureState {
  readonly pressure: Pressure;
  /** How many samples in a row have spoken against what holds now. */
  readonly dissent: Readonly<Record<PressureResource, number>>;
}

export const initialPressure: PressureState = Object.freeze({
  pressure: noPressure,
  dissent: Object.freeze({ eventLoopDelay: 0, heap: 0, descriptors: 0 }),
});

/** A resource changes sides when `samples` samples in a row are beyond the mark on the other side. */
export function judgeSample(
  state: PressureState,
  sample: PressureSample,
  thresholds: PressureThresholds,
): PressureState {
  const exhausted: ExhaustedResource[] = [];
  const dissent = { ...initialPressure.dissent };
  for (const resource of pressureResources) {
    const threshold = thresholds[resource];
    const value = measureOf(sample, resource);
    // What cannot be known is not held against anybody.
    if (!threshold || !value) continue;
    const before = isExhausted(state.pressure, resource);
    const dissenting = dissents(value.level, { threshold, before }) ? state.dissent[resource] + 1 : 0;
    const changes = dissenting >= threshold.samples;
    dissent[resource] = changes ? 0 : dissenting;
    if (before !== changes)
      exhausted.push({
        resource,
        limit: Math.round(threshold.high * value.unit),
        current: Math.round(value.level * value.unit),
      });
  }
  return { pressure: { exhausted, sample }, dissent };
}

function dissents(level: number, { threshold, before }: { threshold: PressureThreshold; before: boolean }): boolean {
  return before ? level <= threshold.low : level >= threshold.high;
}

export function isExhausted({ exhausted }: Pressure, resource: PressureResource): boolean {
  return exhausted.some((one) => one.resource === resource);
}

/** In the measure of the thresholds, and what one of it is; null where it is not known. */
function measureOf(sample: PressureSample, resource: PressureResource): { level: number; unit: number } | null {
  if (resource === "eventLoopDelay") return { level: sample.eventLoopDelay, unit: 1 };
  const use = sample[resource];
  return use && Number.isFinite(use.limit) ? { level: use.used / use.limit, unit: use.limit } : null;
}

/** The value of a resource, as in `ExhaustedResource`; null where it is not known. */
export function currentOf(sample: PressureSample, resource: PressureResource): number | null {
  return resource === "eventLoopDelay" ? Math.round(sample.eventLoopDelay) : (sample[resource]?.used ?? null);
}
