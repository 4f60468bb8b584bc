/** When a resource counts as exhausted, and when it no longer does. */
import type { PressureResource } from "./pressure-resource.ts";

/** Two thresholds; between them nothing changes. */
export interface PressureThreshold {
  /** Exhausted at or above this value. */
  readonly high: number;
  /** No longer exhausted at or below this value. */
  readonly low: number;
  /** How many samples in a row it takes, to begin and to end. */
  readonly samples: number;
}

/** Null: the resource is not checked. */
export type PressureThresholds = Readonly<Record<PressureResource, PressureThreshold | null>>;

/** The given fields of a threshold replace those of its default. */
export type PressureThresholdOptions = Partial<Readonly<Record<PressureResource, Partial<PressureThreshold> | null>>>;

/**
 * Far above what a busy server reaches. `eventLoopDelay` in milliseconds; the others as a share of their limit.
 *
 * One long turn of the event loop, such as a garbage collection, is in two samples at most, and four are required. Of
 * the heap, only what survives a collection is measured. Descriptors are counted exactly, so one sample is enough.
 */
export const defaultPressureThresholds: { readonly [Resource in PressureResource]: PressureThreshold } = Object.freeze({
  eventLoopDelay: { high: 1_000, low: 500, samples: 4 },
  heap: { high: 0.9, low: 0.8, samples: 2 },
  descriptors: { high: 0.95, low: 0.9, samples: 1 },
});

/** An option of `pressure` is not valid. */
export class PressureOptionError extends RangeError {
  override readonly name = "PressureOptionError";
  readonly code = "pressure-option-invalid";
  /** Such as `heap.low`. */
  readonly option: string;

  constructor(option: string, expected: string) {
    super(`The option pressure.thresholds.${option} must be ${expected}.`);
    this.option = option;
  }
}

/** @throws PressureOptionError */
export function readThresholds(options: PressureThresholdOptions): PressureThresholds {
  return {
    eventLoopDelay: readThreshold("eventLoopDelay", options),
    heap: readThreshold("heap", options),
    descriptors: readThreshold("descriptors", options),
  };
}

function readThreshold(resource: PressureResource, options: PressureThresholdOptions): PressureThreshold | null {
  const given = options[resource];
  if (given === null) return null;
  const threshold = { ...defaultPressureThresholds[resource], ...given };
  const { high, low, samples } = threshold;
  if (!(high > 0)) throw new PressureOptionError(`${resource}.high`, "a number above 0");
  if (!(low >= 0 && low <= high))
    throw new PressureOptionError(`${resource}.low`, `a number from 0 to ${resource}.high, which is ${high}`);
  if (!(Number.isInteger(samples) && samples >= 1))
    throw new PressureOptionError(`${resource}.samples`, "an integer of 1 or more");
  return threshold;
}
