/** From where on a resource counts as exhausted, and from where on it no longer does. */
import type { PressureResource } from "./pressure-resource.ts";

/** Two marks with a band between them, within which nothing changes. */
export interface PressureThreshold {
  /** Exhausted at this value, or above it. */
  readonly high: number;
  /** No longer exhausted at this value, or below it. */
  readonly low: number;
  /** So many samples in a row must say so, for the beginning and for the end. */
  readonly samples: number;
}

/** Null: the resource is not looked at. */
export type PressureThresholds = Readonly<Record<PressureResource, PressureThreshold | null>>;

/** What is given of a threshold replaces that part of its default. */
export type PressureThresholdOptions = Partial<Readonly<Record<PressureResource, Partial<PressureThreshold> | null>>>;

/**
 * Far above what a busy server shows. `eventLoopDelay` in milliseconds; the others as a share of their limit.
 *
 * One long turn of the event loop, be it of the garbage collector, is in two samples at most, and four are asked for. Of
 * the heap only what a collection has left is measured. Descriptors are counted, and need no second look.
 */
export const defaultPressureThresholds: { readonly [Resource in PressureResource]: PressureThreshold } = Object.freeze({
  eventLoopDelay: { high: 1_000, low: 500, samples: 4 },
  heap: { high: 0.9, low: 0.8, samples: 2 },
  descriptors: { high: 0.95, low: 0.9, samples: 1 },
});

/** An option of `pressure` cannot be used. */
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
