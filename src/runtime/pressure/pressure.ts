/** Which resources of the process are exhausted, judged from samples with hysteresis. Pure: a fold over the samples. */
import { type PressureResource, pressureResources } from "./pressure-resource.ts";
import type { PressureThreshold, PressureThresholds } from "./thresholds.ts";

/** How much of a resource is in use. */
export interface ResourceUse {
  readonly used: number;
  /** Infinite without a limit. */
  readonly limit: number;
}

/** One measurement of the process. */
export interface PressureSample {
  /** The longest recent delay of the event loop, in milliseconds. */
  readonly eventLoopDelay: number;
  /**
   * What the latest major collection left in V8's old generation, and its limit (`--max-old-space-size`), in bytes.
   * Null without a recent one: then V8 is not short of memory.
   */
  readonly heap: ResourceUse | null;
  /** Open file descriptors and RLIMIT_NOFILE; null where they cannot be counted. */
  readonly descriptors: ResourceUse | null;
}

/** A resource that is exhausted. Milliseconds for `eventLoopDelay`, bytes for `heap`, a number for `descriptors`. */
export interface ExhaustedResource {
  readonly resource: PressureResource;
  /** The threshold at which it counts as exhausted. */
  readonly limit: number;
  /** Its value in the latest sample; it may be below `limit`, but not yet low enough to end. */
  readonly current: number;
}

/** The resources that are exhausted now. */
export interface Pressure {
  /** Empty while there is no pressure. */
  readonly exhausted: readonly ExhaustedResource[];
  /** The latest sample; null before the first. */
  readonly sample: PressureSample | null;
}

export const noPressure: Pressure = Object.freeze({ exhausted: Object.freeze([]), sample: null });

/** What the next sample is compared with. */
export interface PressureState {
  readonly pressure: Pressure;
  /** How many samples in a row contradict the current judgement. */
  readonly contradictions: Readonly<Record<PressureResource, number>>;
}

export const initialPressure: PressureState = Object.freeze({
  pressure: noPressure,
  contradictions: Object.freeze({ eventLoopDelay: 0, heap: 0, descriptors: 0 }),
});

/** A resource changes its state when `samples` samples in a row are beyond the threshold on the other side. */
export function judgeSample(
  state: PressureState,
  sample: PressureSample,
  thresholds: PressureThresholds,
): PressureState {
  const exhausted: ExhaustedResource[] = [];
  const contradictions = { ...initialPressure.contradictions };
  for (const resource of pressureResources) {
    const threshold = thresholds[resource];
    const value = measureOf(sample, resource);
    // An unknown value is no reason to refuse anybody.
    if (!threshold || !value) continue;
    const before = isExhausted(state.pressure, resource);
    const contradicting = contradicts(value.level, { threshold, before }) ? state.contradictions[resource] + 1 : 0;
    const changes = contradicting >= threshold.samples;
    contradictions[resource] = changes ? 0 : contradicting;
    if (before !== changes)
      exhausted.push({
        resource,
        limit: Math.round(threshold.high * value.unit),
        current: Math.round(value.level * value.unit),
      });
  }
  return { pressure: { exhausted, sample }, contradictions };
}

function contradicts(level: number, { threshold, before }: { threshold: PressureThreshold; before: boolean }): boolean {
  return before ? level <= threshold.low : level >= threshold.high;
}

export function isExhausted({ exhausted }: Pressure, resource: PressureResource): boolean {
  return exhausted.some((one) => one.resource === resource);
}

/** In the thresholds' unit, and the size of that unit; null when unknown. */
function measureOf(sample: PressureSample, resource: PressureResource): { level: number; unit: number } | null {
  if (resource === "eventLoopDelay") return { level: sample.eventLoopDelay, unit: 1 };
  const use = sample[resource];
  return use && Number.isFinite(use.limit) ? { level: use.used / use.limit, unit: use.limit } : null;
}

/** The value of a resource, as in `ExhaustedResource`; null when unknown. */
export function currentOf(sample: PressureSample, resource: PressureResource): number | null {
  return resource === "eventLoopDelay" ? Math.round(sample.eventLoopDelay) : (sample[resource]?.used ?? null);
}
