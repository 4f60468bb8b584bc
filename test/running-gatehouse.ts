/** A Gatehouse on free ports of loopback, with a data folder of its own, for tests that talk to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filter, firstValueFrom } from "rxjs";
import { onTestFinished } from "vitest";
import {
  type ConfigurationInput,
  createGatehouse,
  type Gatehouse,
  type GatehouseOptions,
  type LifecycleEvent,
} from "../src/index.ts";
import { putReadyFiles } from "./ready-files.ts";

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
  document: ConfigurationInput & object,
  options: Partial<GatehouseOptions> = {},
): Promise<RunningGatehouse> {
  const lasting = await lastingGatehouse(document, options);
  onTestFinished(lasting.end);
  return lasting;
}

export interface LastingGatehouse extends RunningGatehouse {
  end(): Promise<void>;
}

/** The same for several tests: whoever starts it ends it. */
export async function lastingGatehouse(
  document: ConfigurationInput & object,
  options: Partial<GatehouseOptions> = {},
): Promise<LastingGatehouse> {
  const data = await mkdtemp(join(tmpdir(), "gatehouse-test-"));
  const makesAdministrator = options.onAdministratorMade !== undefined;
  await putReadyFiles(options.dataDirectory ?? data, document, { makesAdministrator });
  // A machine that is busy with other tests would have its clients refused.
  const gatehouse = createGatehouse({ config: document, dataDirectory: data, pressure: false, ...options });
  const events: LifecycleEvent[] = [];
  gatehouse.lifecycle$.subscribe((event) => events.push(event));
  const end = async (): Promise<void> => {
    await gatehouse.stop({ wait: false });
    await rm(data, { recursive: true, force: true });
  };
  try {
    await gatehouse.start();
  } catch (error) {
    await end();
    throw error;
  }

  return {
    gatehouse,
    data,
    events,
    end,
    port: (listener) => {
      const address = gatehouse.listeners().find(({ name }) => name === listener)?.addresses[0];
      if (!address) throw new Error(`There is no listener "${listener}".`);
      return address.port;
    },
    event: eventsFrom(gatehouse, events),
  };
}

/** What has happened and what will. */
function eventsFrom(gatehouse: Gatehouse, events: readonly LifecycleEvent[]): RunningGatehouse["event"] {
  return (type, matches = () => true) => {
    const wanted = (event: LifecycleEvent): event is EventOf<typeof type> =>
      event.type === type && matches(event as EventOf<typeof type>);
    const past = events.find(wanted);
    return past ? Promise.resolve(past) : firstValueFrom(gatehouse.lifecycle$.pipe(filter(wanted)));
  };
}

/** The same server for another test, to which nothing has happened yet. It notes what happens until the test ends. */
export function fromNowOn<Running extends RunningGatehouse>(running: Running): Running {
  const events: LifecycleEvent[] = [];
  const noting = running.gatehouse.lifecycle$.subscribe((event) => events.push(event));
  onTestFinished(() => noting.unsubscribe());
  return { ...running, events, event: eventsFrom(running.gatehouse, events) };
}
