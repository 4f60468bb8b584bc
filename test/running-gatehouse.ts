/** A Gatehouse on free ports of loopback, with a data folder of its own, for tests that talk to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filter, firstValueFrom } from "rxjs";
import { onTestFinished } from "vitest";
import {
  type ConfigurationDocument,
  createGatehouse,
  type Gatehouse,
  type GatehouseOptions,
  type LifecycleEvent,
} from "../src/index.ts";

type EventOf<Type extends LifecycleEvent["type"]> = Extract<LifecycleEvent, { type: Type }>;

export interface RunningGatehouse {
  readonly gatehouse: Gatehouse;
  readonly data: string;
  /** All that has happened, from before the start on. */
  readonly events: readonly LifecycleEvent[];
  /** The port of a listener's first address. */
  port(listener: string): number;
  /** Waits for an event; one that has happened already counts. */
  event<Type extends LifecycleEvent["type"]>(
    type: Type,
    matches?: (event: EventOf<Type>) => boolean,
  ): Promise<EventOf<Type>>;
}

/** Starts one that stops by itself when the test ends. Listeners bind `127.0.0.1:0` unless they say otherwise. */
export async function runGatehouse(
  document: ConfigurationDocument & object,
  options: Partial<GatehouseOptions> = {},
): Promise<RunningGatehouse> {
  const data = await mkdtemp(join(tmpdir(), "gatehouse-test-"));
  const gatehouse = createGatehouse({ config: document, dataDirectory: data, ...options });
  const events: LifecycleEvent[] = [];
  gatehouse.lifecycle$.subscribe((event) => events.push(event));
  onTestFinished(async () => {
    await gatehouse.stop({ wait: false });
    await rm(data, { recursive: true, force: true });
  });
  await gatehouse.start();

  return {
    gatehouse,
    data,
    events,
    port: (listener) => {
      const address = gatehouse.listeners().find(({ name }) => name === listener)?.addresses[0];
      if (!address) throw new Error(`There is no listener "${listener}".`);
      return address.port;
    },
    event: (type, matches = () => true) => {
      const wanted = (event: LifecycleEvent): event is EventOf<typeof type> =>
        event.type === type && matches(event as EventOf<typeof type>);
      const past = events.find(wanted);
      return past ? Promise.resolve(past) : firstValueFrom(gatehouse.lifecycle$.pipe(filter(wanted)));
    },
  };
}
