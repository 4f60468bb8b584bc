/** Gauges of the latest sample and of what is exhausted. Unknown values are left out. */
import type * as Library from "prom-client";
import { isExhausted, type Pressure, type PressureSample } from "./pressure.ts";
import { pressureResources } from "./pressure-resource.ts";

interface SampleGauge {
  readonly name: string;
  readonly help: string;
  value(sample: PressureSample): number | undefined;
}

const sampleGauges: readonly SampleGauge[] = [
  {
    name: "gatehouse_event_loop_delay_seconds",
    help: "The longest delay of the event loop within the last second.",
    value: ({ eventLoopDelay }) => eventLoopDelay / 1_000,
  },
  {
    name: "gatehouse_heap_live_bytes",
    help: "Size of V8's old generation after the latest major collection, if there was one within 10 seconds.",
    value: ({ heap }) => heap?.used,
  },
  {
    name: "gatehouse_heap_limit_bytes",
    help: "Limit on the size of V8's old generation.",
    value: ({ heap }) => heap?.limit,
  },
  {
    name: "gatehouse_descriptors_open",
    help: "Open file descriptors of the process.",
    value: ({ descriptors }) => descriptors?.used,
  },
  {
    name: "gatehouse_descriptors_limit",
    help: "RLIMIT_NOFILE of the process.",
    value: ({ descriptors }) => descriptors?.limit,
  },
];

/** @param source read whenever the gauges are collected. */
export function pressureGauges(
  { Gauge }: typeof Library,
  registry: Library.Registry,
  source: { readonly latest: Pressure },
): void {
  new Gauge({
    name: "gatehouse_pressure",
    help: "1 while this resource is exhausted.",
    labelNames: ["resource"],
    registers: [registry],
    collect() {
      for (const resource of pressureResources) this.set({ resource }, isExhausted(source.latest, resource) ? 1 : 0);
    },
  });
  for (const { name, help, value } of sampleGauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const { sample } = source.latest;
        const current = sample ? value(sample) : undefined;
        if (current === undefined) this.remove();
        else this.set(current);
      },
    });
  }
}
