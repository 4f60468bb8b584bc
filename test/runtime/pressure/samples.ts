import type { PressureSample, ResourceUse } from "../../../src/index.ts";

interface Given {
  readonly eventLoopDelay?: number;
  readonly heap?: number | null;
  readonly descriptors?: number | null;
}

/** A sample of an idle process, but for what is given; heap and descriptors of a limit of 1,000. */
export function sample({ eventLoopDelay = 0, heap = 10, descriptors = 20 }: Given = {}): PressureSample {
  const use = (used: number): ResourceUse => ({ used, limit: 1_000 });
  return {
    eventLoopDelay,
    heap: heap === null ? null : use(heap),
    descriptors: descriptors === null ? null : use(descriptors),
  };
}
